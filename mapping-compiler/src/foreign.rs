//! Words of other languages, and what is written here instead. The table "Coming from another language" of
//! `docs/mapping/expressions.md` names the same words; a test holds the two together.

/// Functions and methods that other languages have: their names, and the sentence that says what stands for them.
pub const FUNCTIONS: &[(&[&str], &str)] = &[
    (
        &["len", "length", "count", "isEmpty", "is_empty", "empty"],
        "The number of elements or characters is `size(a)`; `size(a) == 0` where there is none, also of null.",
    ),
    (&["toUpperCase", "toUpper", "upper", "ucase"], "Write `a.upperAscii()`."),
    (&["toLowerCase", "toLower", "lower", "lcase"], "Write `a.lowerAscii()`."),
    (&["strip"], "Write `a.trim()`."),
    (
        &["concat", "format", "printf", "sprintf"],
        "Texts are joined with `+`, a number by `string(n)`; in a leaf: \"…${a}…${b}…\".",
    ),
    (&["first"], "The first is `xs[0]`; `xs.one()` where there may be one only."),
    (&["last"], "The last is `xs[size(xs) - 1]`; the greatest by a date is `xs.latest(x, x.date, 1)[0]`."),
    (&["find", "findFirst"], "Write `xs.filter(x, …)[0]`."),
    (&["some", "any", "anyMatch"], "Write `xs.exists(x, …)`."),
    (&["every", "allMatch"], "Write `xs.all(x, …)`."),
    (
        &["includes", "has_key", "containsKey"],
        "Of a list `a in xs`, of a text `s.contains('a')`, of a record `has(r.a)`.",
    ),
    (
        &["substring", "substr", "slice", "left", "mid"],
        "The beginning is `s.cut(4)`; from the middle: `s.extract(r'^.{2}(.{2})')`.",
    ),
    (&["replaceAll", "translate"], "Write `s.replace('a', 'b')`: every occurrence is replaced."),
    (&["toString", "str", "text"], "Write `string(a)`."),
    (&["parseInt", "toInt", "integer"], "Write `num(a)`, or `int(a)` where anything else is a mistake."),
    (&["number", "toNumber", "parseFloat", "float", "decimal"], "Write `num(a)`; with a decimal comma `num(a, ',')`."),
    (&["bool", "boolean", "toBool"], "Write `flag(a)`: it reads 1/0, S/N, SI/NO, true/false."),
    (&["if", "iif", "ifelse", "when"], "Write `a ? b : c`."),
    (
        &["ifnull", "ifNull", "nvl", "isnull", "isNull", "orElse", "default", "defined", "isBlank"],
        "A test is `a == null`; something in its place is `coalesce(a, 'x')`.",
    ),
    (&["nullif"], "Write `nullIf(a, 'x')`."),
    (&["not"], "Write `!(…)`."),
    (&["sort", "sorted", "orderBy"], "Write `xs.sortBy(x, x.a)`; an answer is never sorted, the contract does it."),
    (&["unique", "uniq"], "Write `xs.distinct()`."),
    (&["group"], "Write `xs.groupBy(x, x.a)`."),
    (&["keyBy", "toMap", "associateBy"], "Write `xs.indexBy(x, string(x.a))`."),
    (
        &["flatMap", "flatten"],
        "A block runs over lists in lists: `for: [a in xs, b in a.ys]`; in an expression two lists are joined with `+`.",
    ),
    (&["reduce", "forEach"], "There are no loops: `map`, `filter`, `sum`, `min`, `max`, `join` do their work."),
    (&["keys", "values", "items"], "Write `entries(a)`: a list of records with `key` and `value`."),
    (&["toDate", "to_date", "parseDate", "strptime", "timestamp"], "Write `date(a)`, or `date(a, 'yyyy-dd-MM')`."),
    (&["strftime", "to_char", "dateFormat"], "Write `formatDate(d, 'dd/MM/yyyy')`."),
    (&["getFullYear", "year"], "Write `d.year`."),
    (&["getMonth", "month"], "Write `d.month`."),
    (&["getDate", "getDay"], "Write `d.day`."),
    (
        &["addDays", "addYears", "dateAdd", "duration"],
        "Write `shift(d, '1y')`, `shift(d, '-3m')` or `shift(d, '10d')`.",
    ),
    (&["floor", "trunc"], "Write `int(a)`, which cuts decimals, or `round(a)`."),
    (&["exists_one", "existsOne"], "Write `size(xs.filter(x, …)) == 1`."),
];

/// What stands for a function of another language.
pub fn function(name: &str) -> Option<&'static str> {
    FUNCTIONS.iter().find(|(names, _)| names.contains(&name)).map(|(_, help)| *help)
}

/// Keys that people expect, and those that are meant.
const KEYS: &[(&str, &str)] = &[
    ("foreach", "for"),
    ("for_each", "for"),
    ("forEach", "for"),
    ("loop", "for"),
    ("over", "for"),
    ("if", "when"),
    ("condition", "when"),
    ("filter", "where"),
    ("select", "take"),
    ("extract", "take"),
    ("map", "each"),
    ("fields", "each"),
    ("url", "get"),
    ("params", "query"),
    ("parameters", "query"),
    ("vars", "let"),
    ("variables", "let"),
    ("ttl", "cache"),
    ("paging", "pages"),
    ("pagination", "pages"),
    ("errors", "failures"),
    ("on_error", "failures"),
    ("accept", "decode"),
    ("encoding", "charset"),
    ("csv", "file"),
];

/// The key that is meant by one of another language, if it may stand here.
pub(crate) fn key(written: &str, known: &[&str]) -> Option<&'static str> {
    KEYS.iter().find(|(other, meant)| *other == written && known.contains(meant)).map(|(_, meant)| *meant)
}
