//! The registry of diagnostic codes. Each has a page in `docs/codes/`.

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// No bundle is written.
    Error,
    /// The bundle is written; something is probably not meant.
    Warning,
}

impl Severity {
    /// As printed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! codes {
    ($($variant:ident = $code:literal, $severity:ident, $about:literal;)*) => {
        /// Codes of diagnostics. Never renamed, never used for something else.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $about] $variant,)* }

        /// Every code, in documentation order.
        pub const CODES: &[Code] = &[$(Code::$variant),*];

        impl Code {
            /// The code as printed, `family.word`.
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $code),* } }
            /// Error or warning.
            pub const fn severity(self) -> Severity { match self { $(Self::$variant => Severity::$severity),* } }
            /// What it means, one sentence.
            pub const fn about(self) -> &'static str { match self { $(Self::$variant => $about),* } }
        }
    };
}

codes! {
    YamlSyntax = "yaml.syntax", Error, "The file is not well-formed YAML.";
    YamlQuote = "yaml.quote", Error, "YAML gives a character of an expression a meaning of its own; the value must be quoted.";
    YamlDuplicate = "yaml.duplicate", Error, "A key stands twice in one map.";
    YamlFeature = "yaml.feature", Error, "Anchors, aliases, tags, merge keys, non-text keys and several documents are not used in mappings.";
    YamlSize = "yaml.size", Error, "The file is too large, too deep or has too many values.";
    YamlEncoding = "yaml.encoding", Error, "The file is not UTF-8 text.";
    YamlTab = "yaml.tab", Error, "A tab indents; YAML takes blanks only.";
    FileRead = "file.read", Error, "A file cannot be read.";
    ExtendsCycle = "extends.cycle", Error, "A file extends itself, directly or through others.";
    ExtendsNothing = "extends.nothing", Error, "`null` takes away a key that is not inherited.";
    ExtendsSize = "extends.size", Error, "Too many files make up the mapping.";
    KeyUnknown = "key.unknown", Error, "A key does not exist at this place.";
    KeyMissing = "key.missing", Error, "A key that is needed here is missing.";
    KeyConflict = "key.conflict", Error, "Keys exclude each other.";
    ValueKind = "value.kind", Error, "A scalar, list or map stands where another kind of value is needed.";
    ValueInvalid = "value.invalid", Error, "A value cannot be read as what the key needs.";
    ValueRange = "value.range", Error, "A number is outside its range.";
    NameInvalid = "name.invalid", Error, "A name is not an identifier, or is reserved.";
    NameShadow = "name.shadow", Error, "A name is already taken in this scope or one around it.";
    NameUnknown = "name.unknown", Error, "There is nothing of this name here.";
    NameCycle = "name.cycle", Error, "Definitions need each other in a circle.";
    NamePlace = "name.place", Error, "The name exists, but has no value at this place.";
    NameUnused = "name.unused", Warning, "Nothing uses this definition.";
    ExprSyntax = "expr.syntax", Error, "The expression is not CEL.";
    ExprBraces = "expr.braces", Error, "`${…}` is missing, not closed, or stands where the value is an expression anyway.";
    ExprSize = "expr.size", Error, "The expression is too long or nested too deep.";
    ExprForm = "expr.form", Error, "CEL has this form, the mapping language leaves it out.";
    FunctionUnknown = "function.unknown", Error, "There is no function or method of this name.";
    FunctionArguments = "function.arguments", Error, "The function is called with the wrong number or form of arguments.";
    DateUtc = "date.utc", Warning, "Milliseconds or seconds are divided into days, which are UTC's and not Rome's.";
    PatternLiteral = "pattern.literal", Error, "A regular expression is not written in the mapping.";
    PatternSyntax = "pattern.syntax", Error, "A regular expression is malformed, or uses what the language leaves out.";
    PatternSize = "pattern.size", Error, "A regular expression becomes too large.";
    TypeMismatch = "type.mismatch", Error, "A value of this type cannot be used here.";
    TypeMember = "type.member", Error, "The value has no such member.";
    TypeCompare = "type.compare", Error, "The two sides can never be equal or be compared.";
    OriginUnknown = "origin.unknown", Error, "It cannot be seen from which loop an element comes, so its call's answer cannot be found.";
    JoinNull = "join.null", Warning, "Two values of a system are compared in a filter; where both are missing they are equal.";
    CallHeader = "call.header", Error, "A mapping may not set this header.";
    CallPath = "call.path", Error, "A path of a call is malformed.";
    CallCache = "call.cache", Error, "An answer about one person must not be cached.";
    CallPages = "call.pages", Error, "The call's paging cannot work as written.";
    CallDecode = "call.decode", Warning, "The call asks for something other than JSON, and does not say so.";
    CallColumns = "call.columns", Warning, "Nothing says which columns the call's CSV has, so that any text is a table.";
    CallEverybody = "call.everybody", Warning, "The only parameter of a paged call may be missing, and then it lists everybody.";
    SecretPlace = "secret.place", Error, "A secret stands where it could reach an answer, a log or a cache.";
    CallerPlace = "caller.place", Error, "Who calls is mentioned where it could change an answer, or outlive the request.";
    StudentOpen = "student.open", Error, "What describes the student must not depend on the request's other members, on the time or on tolerated failures.";
    StudentKey = "student.key", Error, "`by_key` does not find a tax code by a key.";
    StudentReported = "student.reported", Error, "An operation about a reported person asks by a tax code that need not be known.";
    OrderOpen = "order.open", Warning, "The system's order decides what a fingerprint is made of.";
    WalkPlace = "walk.place", Error, "The operation has no pages, and cannot answer a walk.";
    WalkUnit = "walk.unit", Error, "`unit` and `tax_code` of a walk must be values of its rows.";
    WalkKeys = "walk.keys", Error, "A key has no meaning in this walk, or in an operation that walks.";
    WritePlace = "write.place", Error, "A write stands where nothing may be written.";
    WriteSeveral = "write.several", Error, "An operation has more than one write.";
    WriteMissing = "write.missing", Error, "An operation that changes something has no write.";
    WriteMethod = "write.method", Error, "A write is a `get`.";
    WriteKeys = "write.keys", Error, "A write has a key that would make it more than once, or not at all.";
    WriteGuard = "write.guard", Error, "What is decided before the write needs what it gives.";
    WriteAfter = "write.after", Error, "A call needs what the write gives, and would be made after it.";
    WriteTime = "write.time", Error, "A write and its `confirm` may take longer than a request has.";
    WriteConfirm = "write.confirm", Error, "`confirm` is no read that finds this change and no other.";
    WriteSign = "write.sign", Error, "A rule calls a change refused by what an answer lacks.";
    WriteRefused = "write.refused", Error, "A read cannot be refused.";
    WriteMessage = "write.message", Error, "A message would tell the consumer whatever the system, or another, has written.";
    FailureAbsent = "failure.absent", Warning, "A failure rule reads what an answer need not have, and cannot be decided on one without it.";
    ProbeAlone = "probe.alone", Error, "A probe depends on what only a request has, waits for other calls, or could change something.";
    ProbeLogins = "probe.logins", Warning, "A login is made for every probe, and nothing closes the sessions.";
    ApiMissing = "api.missing", Warning, "An institute of this size must answer operations that the mapping lacks.";
    ApiListing = "api.listing", Warning, "An operation counts all students by listing them, up to a number that the limits give.";
    SampleFile = "sample.file", Error, "A recorded answer is not what the call's `decode` says.";
    SampleType = "sample.type", Warning, "By the recorded answer, the two sides can never be equal or be compared.";
    TableFile = "table.file", Error, "The CSV file is malformed.";
    TableColumn = "table.column", Error, "The table's file has no such column.";
    TableRow = "table.row", Error, "Rows of the table contradict each other or cannot be used.";
    TableAmbiguous = "table.ambiguous", Warning, "Several rows of a table have one key.";
    TableEmpty = "table.empty", Warning, "No row of the table is left: whatever is looked up, nothing is found.";
    OperationUnknown = "operation.unknown", Error, "The contract has no such operation.";
    AnswerMember = "answer.member", Error, "The contract's answer has no such member.";
    AnswerMissing = "answer.missing", Error, "A member that the contract requires has no source.";
    AnswerType = "answer.type", Error, "The value does not fit the type of the answer's member.";
    AnswerValue = "answer.value", Error, "The value written breaks the contract's constraint on this member.";
    AnswerCodes = "answer.codes", Error, "A code table can give values that the contract does not allow.";
    BundleRefused = "bundle.refused", Error, "The engine refuses what the compiler made.";
    AnswerPartial = "answer.partial", Warning, "A code table is neither total nor has a default; what it does not know falls out of the answer.";
    AnswerTernary = "answer.ternary", Warning, "An enum is chosen by a condition; where the value is missing, the second branch is answered.";
}

/// Where the codes are explained, relative to the project.
const PAGE: &str = "docs/codes/README.md";

impl Code {
    /// Where the code is explained: the page and, as renderers of Markdown make it of the heading, the place on it.
    pub fn page(self) -> String {
        format!("{PAGE}#{}", self.as_str().replace('.', ""))
    }

    /// Finds a code by its text.
    pub fn find(text: &str) -> Option<Self> {
        CODES.iter().copied().find(|c| c.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_stands_twice() {
        let mut texts: Vec<&str> = CODES.iter().map(|c| c.as_str()).collect();
        texts.sort_unstable();
        let all = texts.len();
        texts.dedup();
        assert_eq!(texts.len(), all);
    }

    #[test]
    fn codes_are_found_by_their_text() {
        for code in CODES {
            assert_eq!(Code::find(code.as_str()), Some(*code));
        }
    }

    #[test]
    fn every_code_has_its_paragraph() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/codes/README.md");
        let text = std::fs::read_to_string(page).unwrap_or_else(|e| panic!("{page}: {e}"));
        let headings: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("## ")).collect();
        let codes: Vec<&str> = CODES.iter().map(|c| c.as_str()).collect();
        for code in &codes {
            assert_eq!(headings.iter().filter(|h| *h == code).count(), 1, "{page} lacks {code}");
        }
        for heading in headings {
            assert!(codes.contains(&heading), "{page} explains {heading}, which is no code");
        }
    }
}
