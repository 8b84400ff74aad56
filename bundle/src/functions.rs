//! The registry of functions: each with its types, what it does and an example that is a test.
//!
//! One row here is all a function needs besides its code in `eval/functions/`: the compiler checks calls against the row, the
//! generated reference prints it, and a test evaluates its example.

/// Types that the registry speaks of. `Any` takes and may give every type; null fits everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any value.
    Any,
    /// Anything that is one: a text, a number, a date, true or false.
    Scalar,
    /// Text.
    Text,
    /// A whole number.
    Int,
    /// A whole or decimal number.
    Number,
    /// True or false.
    Bool,
    /// A calendar date.
    Date,
    /// A list.
    List,
    /// A record, or what `indexBy` gives.
    Record,
    /// A whole number or a date.
    IntOrDate,
    /// A text or a date.
    TextOrDate,
}

/// How many arguments of the last parameter's type may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// As many as there are parameters.
    Exact,
    /// The last parameter may be left out.
    Optional,
    /// The last parameter may be repeated, or left out.
    Many,
}

/// One function.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Which one.
    pub function: Function,
    /// Its name in CEL.
    pub name: &'static str,
    /// Called as `receiver.name(…)`; otherwise as `name(…)`.
    pub method: bool,
    /// Types of the parameters, the receiver first.
    pub params: &'static [Type],
    /// Whether parameters may be left out or repeated.
    pub arity: Arity,
    /// Type of the result.
    pub result: Type,
    /// It takes null itself; otherwise null among the arguments gives null.
    pub takes_null: bool,
    /// CEL (or one of its extension libraries) has it with the same meaning, so the `cel` interpreter is its oracle.
    pub in_cel: bool,
    /// What it does, one sentence.
    pub about: &'static str,
    /// An expression and the canonical JSON of its value.
    pub example: (&'static str, &'static str),
}

macro_rules! functions {
    ($($(#[doc = $about:literal])+ $variant:ident = $name:literal, $kind:ident, [$($param:ident),*], $arity:ident, $result:ident, $nulls:ident, $origin:ident,
        $example:literal => $value:literal;)*) => {
        /// Functions and methods an expression may call.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "write", derive(serde::Serialize))]
        pub enum Function {
            $($(#[doc = $about])+ #[cfg_attr(feature = "write", serde(rename = $name))] $variant,)*
        }

        /// Every function, in documentation order.
        pub const FUNCTIONS: &[Function] = &[$(Function::$variant),*];

        impl Function {
            /// The function of a name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Whether it takes null itself.
            pub const fn takes_null(self) -> bool {
                match self { $(Self::$variant => functions!(@null $nulls),)* }
            }

            /// Which parameters are lists, records or any value as a whole; the others are scalars.
            pub const fn whole(self) -> &'static [bool] {
                match self { $(Self::$variant => &[$(functions!(@whole $param)),*],)* }
            }

            /// Whether it takes the argument at a place as a whole; the last parameter may be repeated.
            pub fn takes_whole(self, at: usize) -> bool {
                let whole = self.whole();
                whole.get(at).or(whole.last()).copied().unwrap_or(false)
            }

            /// The function's row in the registry.
            pub const fn signature(self) -> &'static Signature {
                match self {
                    $(Self::$variant => &Signature {
                        function: Function::$variant,
                        name: $name,
                        method: functions!(@method $kind),
                        params: &[$(Type::$param),*],
                        arity: Arity::$arity,
                        result: Type::$result,
                        takes_null: functions!(@null $nulls),
                        in_cel: functions!(@cel $origin),
                        about: concat!($($about),+),
                        example: ($example, $value),
                    },)*
                }
            }
        }
    };
    (@whole List) => { true };
    (@whole Record) => { true };
    (@whole Any) => { true };
    (@whole $scalar:ident) => { false };
    (@method method) => { true };
    (@method function) => { false };
    (@null takes_null) => { true };
    (@null of_null_null) => { false };
    (@cel cel) => { true };
    (@cel ours) => { false };
}

functions! {
    /// Number of elements of a list or map, or characters of a text; of null 0.
    Size = "size", function, [Any], Exact, Int, takes_null, cel, "size([1, 2])" => "2";
    /// A number, bool, date or text as text.
    String = "string", function, [Scalar], Exact, Text, of_null_null, cel, "string(12)" => "\"12\"";
    /// A text or decimal as a whole number; an error if it is not one (decimals are cut towards zero).
    Int = "int", function, [Scalar], Exact, Int, of_null_null, cel, "int('12')" => "12";
    /// A text or whole number as a decimal.
    Double = "double", function, [Scalar], Exact, Number, of_null_null, cel, "double('1.5')" => "1.5";
    /// Whether a text contains another.
    Contains = "contains", method, [Text, Text], Exact, Bool, of_null_null, cel, "'abc'.contains('b')" => "true";
    /// Whether a text begins with another.
    StartsWith = "startsWith", method, [Text, Text], Exact, Bool, of_null_null, cel, "'abc'.startsWith('ab')" => "true";
    /// Whether a text ends with another.
    EndsWith = "endsWith", method, [Text, Text], Exact, Bool, of_null_null, cel, "'abc'.endsWith('bc')" => "true";
    /// A text without white space at its ends.
    Trim = "trim", method, [Text], Exact, Text, of_null_null, ours, "' a '.trim()" => "\"a\"";
    /// A text with its ASCII letters in upper case.
    UpperAscii = "upperAscii", method, [Text], Exact, Text, of_null_null, ours, "'aà'.upperAscii()" => "\"Aà\"";
    /// A text with its ASCII letters in lower case.
    LowerAscii = "lowerAscii", method, [Text], Exact, Text, of_null_null, ours, "'AÀ'.lowerAscii()" => "\"aÀ\"";
    /// A text for comparing names: in capitals, without accents, with single blanks and none at its ends. An apostrophe behind a vowel at the end of a word is an accent (`FORLI'` is `Forlì`).
    Fold = "fold", function, [Text], Exact, Text, of_null_null, ours, "fold(' Forlì  -  Cesena')" => "\"FORLI - CESENA\"";
    /// The first argument that is not null.
    Coalesce = "coalesce", function, [Any, Any], Many, Any, takes_null, ours, "coalesce(null, 2)" => "2";
    /// The argument; if it is null the call or the answer that needs it fails.
    Must = "must", function, [Any], Exact, Any, takes_null, ours, "must('a')" => "\"a\"";
    /// Null if the first argument equals one of the others, otherwise the first.
    NullIf = "nullIf", function, [Any, Any], Many, Any, takes_null, ours, "nullIf('NN', 'NN')" => "null";
    /// A list as it is, null as an empty list, anything else as a list of one. One record of an answer is a row only if it has what the mapping reads of rows; else it is an error ([one element or many](mapping/recipes.md#one-element-or-many)).
    List = "list", function, [Any], Exact, List, takes_null, ours, "list('a')" => "[\"a\"]";
    /// The only element of a list; null if there is none, an error if there are more.
    One = "one", method, [List], Exact, Any, takes_null, ours, "[7].one()" => "7";
    /// The list without elements equal to an earlier one.
    Distinct = "distinct", method, [List], Exact, List, takes_null, ours, "[1, 2, 1].distinct()" => "[1,2]";
    /// The sum of a list's numbers; nulls are skipped, the sum of nothing is 0.
    Sum = "sum", method, [List], Exact, Number, takes_null, ours, "[1, 2.5].sum()" => "3.5";
    /// The least of a list's numbers, texts or dates; nulls are skipped, of nothing null.
    Min = "min", method, [List], Exact, Any, takes_null, ours, "[3, 2].min()" => "2";
    /// The greatest of a list's numbers, texts or dates; nulls are skipped, of nothing null.
    Max = "max", method, [List], Exact, Any, takes_null, ours, "[3, 2].max()" => "3";
    /// The academic year that begins in a calendar year, or in which a date lies, as `2023/2024`; null of a year without four digits.
    AcademicYear = "academicYear", function, [IntOrDate], Exact, Text, of_null_null, ours, "academicYear(2023)" => "\"2023/2024\"";
    /// The calendar year in which an academic year begins, out of `2023/2024`, `2023/24`, `2023-2024` or `2023-24`; of a date, of the academic year in which it lies; null if the years do not follow each other.
    StartYear = "startYear", function, [TextOrDate], Exact, Int, of_null_null, ours, "startYear('2023/2024')" => "2023";
    /// A date out of a text: `dd/MM/yyyy`, `yyyy-MM-dd` or `yyyyMMdd`, also with a time behind it, or .NET's `/Date(…)/`. It is the day as written; but of a time with an offset (`2025-09-30T22:00:00Z`, `…+02:00`), which is an instant, the day in Rome. With formats behind (`yyyy MM dd HH mm ss`, the rest as it stands, in single quotes as in Java if it likes; a `Z` behind a time is UTC) by the first of them that fits; null if none does, and of the first and the last day there are, `0001-01-01` and `9999-12-31`, which systems write for none.
    Date = "date", function, [TextOrDate, Text], Many, Date, of_null_null, ours, "date('15/06/2018 00:00:00')" => "\"2018-06-15\"";
    /// The day in Rome of an instant: of a number of milliseconds since 1970 in UTC, or of seconds with `'s'` behind; of a text as `date` has it. Null of a text that is no date.
    RomeDate = "romeDate", function, [Scalar, Text], Optional, Date, of_null_null, ours, "romeDate(1759269600000)" => "\"2025-10-01\"";
    /// A number out of a text with a decimal point or the mark given, `27,5`, `,5`, `+5`, `1E3`; digits past the 18th behind the point are rounded. Null if it is none.
    Num = "num", function, [Scalar, Text], Optional, Number, of_null_null, ours, "num('27,5', ',')" => "27.5";
    /// A text with every occurrence of another replaced by a third.
    Replace = "replace", method, [Text, Text, Text], Exact, Text, of_null_null, ours, "'a-b-c'.replace('-', '.')" => "\"a.b.c\"";
    /// The parts of a text between separators.
    Split = "split", method, [Text, Text], Exact, List, of_null_null, ours, "'a;b'.split(';')" => "[\"a\",\"b\"]";
    /// A list's texts, numbers and dates joined, with a text between them; nulls are skipped.
    Join = "join", method, [List, Text], Optional, Text, takes_null, ours, "['a', null, 'b'].join(',')" => "\"a,b\"";
    /// The first so many characters of a text.
    Cut = "cut", method, [Text, Int], Exact, Text, of_null_null, ours, "'città'.cut(4)" => "\"citt\"";
    /// A text's parts between separators as a record with these names; an error if there are more or fewer.
    Record = "record", function, [Text, Text, List], Exact, Any, of_null_null, ours, "record('INF#6', '#', ['ssd', 'cfu'])" => "{\"ssd\":\"INF\",\"cfu\":\"6\"}";
    /// A number to so many digits after the point (none if not said), half away from zero.
    Round = "round", function, [Number, Int], Optional, Number, of_null_null, ours, "round(2.345, 2)" => "2.35";
    /// The date of a year, month and day; null if there is no such day.
    Day = "day", function, [Int, Int, Int], Exact, Date, of_null_null, ours, "day(2026, 2, 28)" => "\"2026-02-28\"";
    /// A date as text, `yyyy`, `MM` and `dd` put into a form, for requests.
    FormatDate = "formatDate", function, [Date, Text], Exact, Text, of_null_null, ours, "formatDate(day(2026, 3, 1), 'dd/MM/yyyy')" => "\"01/03/2026\"";
    /// A date so many years (`2y`), months (`-1m`) or days (`10d`) later; the end of a month is kept.
    Shift = "shift", function, [Date, Text], Exact, Date, of_null_null, ours, "shift(day(2024, 2, 29), '1y')" => "\"2025-02-28\"";
    /// The calendar years in which the last so many academic years began, the oldest first.
    RecentYears = "recentYears", function, [Int], Exact, List, of_null_null, ours, "recentYears(3)" => "[2023,2024,2025]";
    /// A mark as the contract writes it, `30`, `30L`, `28.5`, out of a number or a text such as `28,5`, `30/30 e lode`, `30 e lode/30` or `30 e lode con menzione`. The second argument says whether it is with honours, as `flag` reads it or as `con lode`, `senza lode`; null and white space say that it is not. Null if the mark or the second argument is not understood.
    Grade = "grade", function, [Scalar, Scalar], Optional, Text, takes_null, ours, "grade(30, 1)" => "\"30L\"";
    /// A birth place as the contract writes it, out of nation, province and town: `EE` for a town abroad, two commas where only the nation is known.
    BirthPlace = "birthPlace", function, [Text, Text, Text], Exact, Text, takes_null, ours, "birthPlace('AUSTRIA', null, 'Vienna')" => "\"Austria,EE,Vienna\"";
    /// The conventional first and last day of a term (`S1` or `1`, `S2` or `2`; `A` for the whole year) of the academic year that begins in this year, as a record with `start` and `end`; null for any other term.
    Term = "term", function, [Int, Scalar], Exact, Any, of_null_null, ours, "term(2023, 'S1').end" => "\"2024-02-29\"";
    /// The 24 ranges of IFS08 with how many of these ISEE values lie in each, numbers or texts that are one; null, what is no amount and what is less than nothing are ones not presented. With a number behind, ranges with fewer are left out, unless the list is empty.
    IseeBands = "iseeBands", function, [List, Int], Optional, List, takes_null, ours, "iseeBands([9000, 15000.5, null, null], 2)" => "[{\"isee_min_value\":null,\"isee_max_value\":null,\"enrollment_count\":2,\"range_description\":\"ISEE non presentato\"}]";
    /// A record's members as text, `name=value`, with a separator between them, for requests; nulls are left out. A name or value with the separator, `=` or a control character is refused: the call fails.
    Pairs = "pairs", function, [Record, Text], Exact, Text, of_null_null, ours, "pairs({'cf': 'X', 'aa': 2023}, ';')" => "\"cf=X;aa=2023\"";
    /// A record of one member as an XML document in a text, for requests: `@name` is an attribute, a list repeats its element, nulls are left out. What XML cannot hold is refused: the call fails.
    ToXml = "toXml", function, [Record], Exact, Text, of_null_null, ours, "toXml({'R': {'@id': 7, 'A': ['x', 'y'], 'B': null}})" => "\"<R id=\\\"7\\\"><A>x</A><A>y</A></R>\"";
    /// A record's members as a list of records with `key` and `value`, in the order in which they came; an index's by key.
    Entries = "entries", function, [Record], Exact, List, of_null_null, ours, "entries({'b': 1, 'a': 2})" => "[{\"key\":\"b\",\"value\":1},{\"key\":\"a\",\"value\":2}]";
    /// A bool out of `1 -1 true vero t v sì s yes y on x lode l` or `0 false falso f no n off`, in letters of any case; null if it is neither.
    Flag = "flag", function, [Scalar], Exact, Bool, of_null_null, ours, "flag('Sì')" => "true";
}

impl Function {
    /// Finds a function by its CEL name and whether it is called as a method.
    pub fn find(name: &str, method: bool) -> Option<&'static Signature> {
        FUNCTIONS.iter().map(|f| f.signature()).find(|s| s.name == name && s.method == method)
    }
}
