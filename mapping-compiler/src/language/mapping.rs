//! Keys of a mapping.

use super::{Form, Key, Kinds, Place};

const fn key(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, needed: false, form, about }
}

const fn need(name: &'static str, form: Form, about: &'static str) -> Key {
    Key { name, needed: true, form, about }
}

/// The whole file.
pub(crate) static TOP: Place = Place {
    name: "mapping",
    about: "A mapping: which calls of a student system answer an IFS operation, and how.",
    kinds: Kinds::None,
    keys: &[
        key("version", Form::Words(&["1"]), "Version of the mapping language: 1."),
        key(
            "extends",
            Form::Texts,
            "Packs (folders) or mapping files that this one overrides; of several the later wins.",
        ),
        key("institute", Form::In(&INSTITUTE), "Whose data is answered."),
        key("settings", Form::Named(&Form::Texts), "Constants, mentioned as settings.NAME and meant to be overridden."),
        key("systems", Form::Named(&Form::In(&SYSTEM)), "The student systems that are called."),
        key("tables", Form::Named(&Form::In(&TABLE)), "Code tables; each is a function: status_of(code)."),
        key("calls", Form::Named(&Form::In(&CALL)), "Calls that every operation may mention."),
        key("let", Form::Named(&Form::Let), "Named values and blocks that every operation may mention."),
        key("student", Form::In(&STUDENT), "The student: calls and values of every operation about one."),
        key("walks", Form::Named(&Form::In(&WALK)), "Lists that are answered page by page."),
        key(
            "operations",
            Form::Named(&Form::In(&OPERATION)),
            "Operations of the contract that are answered, by id, such as IFS02.1.",
        ),
        key("limits", Form::Limits, "Bounds of one exchange; what is not written has its default."),
    ],
};

static INSTITUTE: Place = Place {
    name: "institute",
    about: "Whose data is answered.",
    kinds: Kinds::None,
    keys: &[
        need("code", Form::Text, "The Ministry's code of the institute; leading zeros count."),
        key("kind", Form::Words(&["university", "afam"]), "University, or arts and music (AFAM)."),
        key("timezone", Form::Words(&["Europe/Rome"]), "The contract's dates are those of Rome."),
        key(
            "academic_year_starts",
            Form::Text,
            "Month and day, MM-DD, on which an academic year begins; 10-01 if not written.",
        ),
        key(
            "students",
            Form::Int(1, 10_000_000),
            "How many students it has, by which `ifs check` says which APIs it owes.",
        ),
        key("apis", Form::In(&APIS), "Which APIs are answered; all that are mapped, if not written."),
        key("title", Form::Text, "The institute's name, for the OpenAPI files that it publishes."),
        key("contact", Form::Text, "The address to write to, for those files."),
        key("terms", Form::Text, "Where the terms of service stand, for those files."),
        key("servers", Form::Texts, "Addresses in front of /ifs0n, for those files."),
    ],
};

/// Whether an API is answered.
const ANSWERED: Form = Form::Words(&["true", "false"]);

static APIS: Place = Place {
    name: "apis",
    about: "Which APIs are answered. One that is switched off is 404, however it is mapped.",
    kinds: Kinds::None,
    keys: &[
        key("IFS01", ANSWERED, "Courses; false: not answered."),
        key("IFS02", ANSWERED, "Enrolments; false: not answered."),
        key("IFS03", ANSWERED, "Qualifications; false: not answered."),
        key("IFS04", ANSWERED, "Corrections of enrolments; false: not answered."),
        key("IFS05", ANSWERED, "Corrections of qualifications; false: not answered."),
        key("IFS06", ANSWERED, "Changes of enrolments; false: not answered."),
        key("IFS07", ANSWERED, "Changes of qualifications; false: not answered."),
        key("IFS08", ANSWERED, "Students by ISEE band; false: not answered."),
        key("IFS09", ANSWERED, "Students by course; false: not answered."),
    ],
};

static SYSTEM: Place = Place {
    name: "system",
    about: "Where calls go, and what is common to them.",
    kinds: Kinds::None,
    keys: &[
        need("cluster", Form::Text, "Envoy's name of the system; host, TLS and credentials are the gateway's."),
        key("base", Form::Text, "Path in front of every call's."),
        key("authority", Form::Text, "Host name sent to the system; the cluster's name if not written."),
        key("headers", Form::TextMap, "Headers of every call."),
        key("timeout", Form::Duration, "Longest wait for one answer; 5s if not written."),
        key("parallel", Form::Int(1, 64), "Most calls in flight of one exchange; 8 if not written."),
        key(
            "charset",
            Form::Words(&["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"]),
            "Character set in which the system writes, where it says none or the wrong one.",
        ),
        key("clean", Form::In(&CLEAN), "What decoding tidies in every answer."),
        key("pages", Form::In(&PAGES), "How the system's lists are paged."),
        key("namespaces", Form::TextMap, "Prefixes with their namespaces, for paths and bodies."),
        key("soap", Form::In(&SOAP), "The system speaks SOAP."),
        key("session", Form::In(&SESSION), "The system wants a login before other calls."),
        key(
            "probe",
            Form::Either(&Form::Words(&["none"]), &Form::In(&PROBE)),
            "How the system is asked whether it is there, for GET /status: a call, or none, and it counts as there. Any \
             answer to a GET of the base if not written, or the session's login.",
        ),
        key(
            "failures",
            Form::Rules(&FAILURE),
            "When an answer of the system is a failure; the first rule that holds decides.",
        ),
    ],
};

static CLEAN: Place = Place {
    name: "clean",
    about: "What decoding tidies in every answer of a system.",
    kinds: Kinds::None,
    keys: &[
        key("blank", Form::Words(&["none", "text"]), "Whether blank text is nothing (none) or text."),
        key("trim", Form::Words(&["ends", "no"]), "`ends`: texts lose the white space at their ends."),
        key("unwrap", Form::Text, "A record that has this member alone is taken for the member's value."),
        key("none", Form::TextList, "Texts that stand for nothing."),
    ],
};

static PAGES: Place = Place {
    name: "pages",
    about: "How a list is read page by page.",
    kinds: Kinds::None,
    keys: &[
        need(
            "by",
            Form::Words(&["offset", "number", "token"]),
            "What moves on: the first row, the page's number, or a token of the answer before.",
        ),
        key("size", Form::Int(1, 10_000), "Rows of a full page; a shorter one is the last."),
        key("first", Form::Int(0, 10_000), "The first page's start or number; 0 if not written."),
        key(
            "query",
            Form::TextMap,
            "Query parameters with ${page.start}, ${page.number}, ${page.token} or ${page.size}.",
        ),
        key("body", Form::Data, "Body members with ${page.…}, for systems that are asked by a body."),
        key("next", Form::Expr, "The next page's token, from the answer; null after the last page."),
        key(
            "more",
            Form::Expr,
            "By offset or number: whether another page follows, from the answer, instead of the page's length.",
        ),
        key("max", Form::Int(1, 10_000), "Most pages of one list."),
        key("cut", Form::Int(1, 10_000), "Length at which the system cuts a list that is not paged."),
    ],
};

static SOAP: Place = Place {
    name: "soap",
    about: "How the system speaks SOAP.",
    kinds: Kinds::None,
    keys: &[
        key("version", Form::Words(&["1.1", "1.2"]), "Version of SOAP; 1.1 if not written."),
        need("namespace", Form::Text, "Namespace of the operations."),
        need(
            "style",
            Form::Words(&["document", "rpc-literal", "rpc-encoded"]),
            "How the binding of the WSDL says that bodies are written.",
        ),
        key("action", Form::Text, "The SOAPAction; {operation} stands for the operation's name."),
        key("qualified", Form::Words(&["true", "false"]), "Whether inner elements are in the namespace too."),
        key("header", Form::Data, "Header blocks as a tree."),
    ],
};

static SESSION: Place = Place {
    name: "session",
    about: "A login that other calls of the system need.",
    kinds: Kinds::None,
    keys: &[
        need("open", Form::In(&CALL), "The call that opens a session; what it takes is ${session}."),
        key("close", Form::In(&CALL), "The call that ends a session."),
        key("lasts", Form::Duration, "How long a session is good for; 60s if not written."),
        key(
            "next",
            Form::Expr,
            "The session's value for the next call, from each answer; calls then go one after the other.",
        ),
    ],
};

static FAILURE: Place = Place {
    name: "failure",
    about: "When an answer is a failure, and which.",
    kinds: Kinds::None,
    keys: &[
        need("when", Form::Expr, "The condition, over status, headers, body, result and fault."),
        need(
            "is",
            Form::Words(&["good", "empty", "unknown", "refused", "expired", "busy", "down", "broken"]),
            "What it means.",
        ),
        key("message", Form::Template, "What the consumer is told of a refused change: fixed text, or a table's."),
    ],
};

static TABLE: Place = Place {
    name: "table",
    about: "A code table, from a CSV file or written here.",
    kinds: Kinds::New(&["file", "values"]),
    keys: &[
        key("file", Form::File, "A CSV file with a head line, relative to this file."),
        key("where", Form::Expr, "Which rows, decided when the mapping is compiled; over columns and institute.code."),
        key("separator", Form::Text, "Character between cells; ; if not written."),
        key(
            "charset",
            Form::Words(&["utf-8", "iso-8859-1", "windows-1252"]),
            "Character set of the file; utf-8 if not written.",
        ),
        key("values", Form::TextMap, "The table itself: codes with what they become."),
        key("key", Form::Texts, "Column, or columns in order, by which rows are looked up."),
        key("value", Form::Text, "Column that a lookup gives; whole rows if not written."),
        key(
            "match",
            Form::Words(&["exact", "fold"]),
            "How keys are compared: letter by letter, or as `fold` writes them.",
        ),
        key("default", Form::Text, "What a code that is not there becomes; none if nothing is meant."),
    ],
};

/// Keys of every call, and others.
macro_rules! call_keys {
    ($($other:expr),* $(,)?) => {
        &[
            key("get", Form::Template, "GET of this path, after the system's base."),
            key("post", Form::Template, "POST to this path."),
            key("put", Form::Template, "PUT to this path."),
            key("delete", Form::Template, "DELETE of this path."),
            key("soap", Form::Text, "The SOAP operation, as the WSDL names it."),
            key("path", Form::Template, "Path of the SOAP service, where the system has several."),
            key("use", Form::Text, "A call with given names that is made with others."),
            key("with", Form::Data, "Values of the used call's given names."),
            key("system", Form::Text, "The system, where there are several."),
            key("query", Form::TextMap, "Query parameters; null leaves one out."),
            key("headers", Form::TextMap, "Headers of this call."),
            key("body", Form::Data, "The body as a tree."),
            key(
            "pages",
            Form::Either(&Form::Words(&["true", "none"]), &Form::In(&PAGES)),
            "true: as the system pages; none: the endpoint has no paging; or a block of its own.",
        ),
            key("take", Form::Expr, "What of the answer the call gives, over status, headers, body, result."),
            key("encode", Form::Words(&["json", "xml", "form"]), "How the body is written; json if not written."),
            key(
            "decode",
            Form::Words(&["json", "xml", "csv", "text"]),
            "What the answer is, whatever the system calls it.",
        ),
            key("separator", Form::Text, "Character between the fields of CSV; ; tab or , as in the head if not written."),
            key(
            "charset",
            Form::Words(&["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"]),
            "Character set of this call's answers, over the system's and over what they say.",
        ),
            key(
            "root",
            Form::Texts,
            "The element that the answer is, `name` or `p:name`: an XML document's root, of SOAP the one in the body.",
        ),
            key("namespace", Form::Text, "The SOAP operation's namespace, where it is not the system's."),
            key("action", Form::Text, "The SOAP operation's action, where it is not the system's."),
            key("failures", Form::Rules(&FAILURE), "Rules in front of the system's."),
            key("sample", Form::File, "A recorded answer: its members are the ones there are."),
            $($other),*
        ]
    };
}

const VERBS: Kinds = Kinds::Any(&["get", "post", "put", "delete", "soap", "use"]);

static CALL: Place = Place {
    name: "call",
    about: "One request to a system.",
    kinds: VERBS,
    keys: call_keys![
        key("given", Form::Texts, "Names that are null unless passed by with."),
        key("for", Form::Loops, "Made once for each element: name in list."),
        key("when", Form::Expr, "Made only if this holds; a call not made is null."),
        key("if_failed", Form::Words(&["null"]), "null: a failure of this call is tolerated and reads as null."),
        key("cache", Form::Duration, "How long an answer may be kept; only where nothing personal is asked."),
        key(
            "write",
            Form::Words(&["true"]),
            "true: the call changes something in the system; it is made once, last of all."
        ),
        key(
            "confirm",
            Form::In(&LONE),
            "A read by ${ref} that finds what a write has done whose outcome nobody knows.",
        ),
    ],
};

static LONE: Place = Place {
    name: "lone_call",
    about: "A request that is made once, for the purpose of the key it stands under.",
    kinds: VERBS,
    keys: call_keys![],
};

static PROBE: Place = Place {
    name: "probe",
    about: "How a system is asked, between requests, whether it is there. Its failure rules say which answers count.",
    kinds: VERBS,
    keys: call_keys![key("every", Form::Duration, "From one time to the next; 60s if not written, at least 1s.")],
};

static WALK: Place = Place {
    name: "walk",
    about: "A list of the system that is answered page by page, whole units at a time.",
    kinds: VERBS,
    keys: call_keys![
        need("unit", Form::Expr, "What the rows of one course or student have in common; the list is ordered by it."),
        key("tax_code", Form::Expr, "The tax code of the student a row is about."),
        key("where", Form::Expr, "Rows for which this does not hold do not count."),
        need("page", Form::Int(1, 256), "Most units of one page."),
        key(
            "gives",
            Form::Named(&Form::Words(&["rows"])),
            "Student calls that need not be made, since a student's rows are what they would give.",
        ),
        key("deleted", Form::In(&DELETED), "The feed of students who have lost what is listed."),
        key("order", Form::Words(&["none"]), "none: the list has no order."),
        key("once", Form::Expr, "Without an order: which row of a unit counts."),
        key(
            "if_broken",
            Form::Words(&["fail", "mark"]),
            "A student whose answer fails: the page fails, or the student is listed with a mark; fail if not written.",
        ),
    ],
};

static DELETED: Place = Place {
    name: "deleted",
    about: "The feed of students who have lost what a walk lists.",
    kinds: VERBS,
    keys: call_keys![
        need("unit", Form::Expr, "The same as the walk's, of these rows."),
        need("tax_code", Form::Expr, "The tax code of the student a row is about."),
    ],
};

static REJECT: Place = Place {
    name: "reject",
    about: "When a change is refused without asking the system.",
    kinds: Kinds::None,
    keys: &[
        need("when", Form::Expr, "The condition."),
        need("message", Form::Template, "What the consumer is told: fixed text, or a table's."),
    ],
};

/// `for / let / where / each`.
pub(super) static BLOCK: Place = Place {
    name: "block",
    about: "A list made of another: one item for each turn of the loops.",
    kinds: Kinds::Any(&["for"]),
    keys: &[
        need("for", Form::Loops, "name in list, or several such loops, the outer first."),
        key("let", Form::Named(&Form::Let), "Values of one turn."),
        key("where", Form::Expr, "Turns for which this does not hold are left out."),
        need("each", Form::Tree, "What a turn gives."),
    ],
};

static STUDENT: Place = Place {
    name: "student",
    about: "Scope of every operation about one student.",
    kinds: Kinds::None,
    keys: &[
        key("by_key", Form::In(&LONE), "The call that gives the tax code for ${student.key}."),
        key(
            "index",
            Form::Either(&Form::Words(&["none"]), &Form::In(&INDEX)),
            "Students are found by key in an index of those whom IFS06.1 and IFS07.1 list; none takes away what is extended.",
        ),
        key("calls", Form::Named(&Form::In(&CALL)), "Calls about the student."),
        key("let", Form::Named(&Form::Let), "Values and blocks about the student."),
        key(
            "unknown",
            Form::Exprs,
            "When the student is not known, by one condition or one of several: the answer is 400.",
        ),
        key("person", Form::Data, "The identity tree: tax_code, and what else is known."),
    ],
};

static INDEX: Place = Place {
    name: "index",
    about: "An index from keys to students, which the gateway makes between requests and makes anew.",
    kinds: Kinds::None,
    keys: &[
        key("pace", Form::Int(1, 100), "Most calls a second that it costs; 2 if not written, at most 100."),
        key(
            "fresh",
            Form::Duration,
            "How long whoever is not in it is nobody, and it is made anew no sooner; 6h if not written.",
        ),
        key("everybody", Form::In(&EVERYBODY), "The list that it is made of in place of those that are walked."),
    ],
};

static EVERYBODY: Place = Place {
    name: "everybody",
    about: "A list of everybody whom the system knows, in the order of its units.",
    kinds: VERBS,
    keys: call_keys![
        need("unit", Form::Expr, "What the rows of one student have in common; the list is ordered by it."),
        need("tax_code", Form::Expr, "The tax code of the student a row is about."),
    ],
};

static OPERATION: Place = Place {
    name: "operation",
    about: "How one operation of the contract is answered.",
    kinds: Kinds::None,
    keys: &[
        key("walk", Form::Text, "The walk whose rows are answered."),
        key("calls", Form::Named(&Form::In(&CALL)), "Calls of this operation alone."),
        key("let", Form::Named(&Form::Let), "Values and blocks of this operation alone."),
        key(
            "unknown",
            Form::Exprs,
            "When what is asked for is not known, by one condition or one of several: the answer is 400.",
        ),
        key(
            "reject",
            Form::Rules(&REJECT),
            "When a change is refused without asking the system; of operations that write.",
        ),
        key("answer", Form::Tree, "The answer as the contract has it."),
    ],
};
