//! Lists of rows of JSON, each like the one before it or nearly so, as systems write them and as they should not.

use super::nibble;
use crate::chance::Chance;

/// Names that [`crate::targets`] read, names that they do not, and names that are nearly others.
const NAMES: &[&str] = &[
    "id",
    "code",
    "year",
    "row",
    "deep",
    "value",
    "staIscrCod",
    "staXscrCod",
    "città",
    "",
    "di",
    "ids",
    "codes",
    "yeas",
    "rows",
    "Deep",
    "values",
    "stuId",
    "aaIscrId",
    "aNameThatIsLongerThanSixteenBytes",
    "aNameThatIsLongerThanSixteenByteX",
    "note",
    "x",
    "q\\u0061",
    "i\\u0064",
    "\\u0069d",
    "val\\u0075e",
    "d\\u0065ep",
    "back\\\\slash",
    "quo\\\"te",
    "sol\\/idus",
    "\\ud83d\\ude00",
    "😀",
];

/// Bytes that mean something in JSON.
const BYTES: &[u8] = b"\"\"\\{}[]::,,  \n\t\r0123456789.-+eEtrufalsn/bu\x00\x0b\x1f\x7f\xc3\xa8\xff";

/// Lengths around those of words.
const LENGTHS: &[usize] = &[0, 1, 2, 3, 5, 7, 8, 9, 12, 15, 16, 17, 20, 31, 32, 33, 63, 64, 65];

/// How deep rows stand inside of rows.
const LEVELS: usize = 3;

/// How a document is written.
struct Style {
    /// Between tokens.
    blank: &'static str,
    /// Between rows.
    line: &'static str,
    /// Once in so many tokens another blank stands there; 0: never.
    odd: usize,
    /// Once in so many members one is changed, left out, moved or doubled.
    change: usize,
    /// Once in so many values one is no JSON.
    wrong: usize,
}

/// A member as it stands: its name without quotes, its value.
type Member = (String, String);

/// A document.
pub fn make(chance: &mut Chance) -> Vec<u8> {
    let (blank, line) = *chance.pick(&[("", ""), ("", ""), ("", "\n"), (" ", "\n  "), ("", ", "), (" ", "\r\n\t")]);
    let style = Style {
        blank,
        line: line.trim_start_matches(','),
        odd: *chance.pick(&[0, 0, 0, 400, 40, 4]),
        change: *chance.pick(&[2, 5, 10, 30, 100]),
        wrong: *chance.pick(&[0, 0, 0, 0, 0, 0, 60, 600]),
    };
    let mut out = String::new();
    if chance.once_in(20) {
        out.push('\u{feff}');
    }
    style.gap(chance, &mut out);
    match chance.below(8) {
        0 => style.member(chance, &mut out, "{", "content", |chance, out| style.rows(chance, out, LEVELS)),
        1 => {
            style.member(chance, &mut out, "{", "row", |chance, out| style.rows(chance, out, LEVELS));
            style.member(chance, &mut out, ",", "deep", |chance, out| style.rows(chance, out, 1));
            style.member(chance, &mut out, ",", "x", |chance, out| style.rows(chance, out, 1));
        }
        2 => style.member(chance, &mut out, "{", "id", |chance, out| out.push_str(&style.value(chance, LEVELS - 1))),
        _ => style.rows(chance, &mut out, LEVELS),
    }
    if out.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
        out.push('}');
    }
    style.gap(chance, &mut out);
    let mut bytes = out.into_bytes();
    if chance.once_in(4) {
        nibble(chance, &mut bytes, BYTES);
    }
    bytes
}

impl Style {
    fn gap(&self, chance: &mut Chance, out: &mut String) {
        out.push_str(self.blank);
        if self.odd > 0 && chance.once_in(self.odd) {
            out.push_str(chance.pick::<&str>(&[" ", "  ", "\n", "\t", "\r\n", "        ", " \n         "]));
        }
    }

    fn member(
        &self,
        chance: &mut Chance,
        out: &mut String,
        before: &str,
        name: &str,
        value: impl FnOnce(&mut Chance, &mut String),
    ) {
        out.push_str(before);
        self.gap(chance, out);
        out.push('"');
        out.push_str(name);
        out.push('"');
        if self.odd > 0 {
            self.gap(chance, out);
        }
        out.push(':');
        self.gap(chance, out);
        value(chance, out);
        if self.odd > 0 {
            self.gap(chance, out);
        }
    }

    /// A list of rows; `levels` may still be nested in their values.
    fn rows(&self, chance: &mut Chance, out: &mut String, levels: usize) {
        // Those inside of others are small, or most of every document would stand there.
        let most = if levels == LEVELS { 12 } else { 3 };
        let columns = match levels {
            LEVELS if chance.once_in(1_000) => 250 + chance.below(20),
            _ => 1 + chance.below(most),
        };
        let mut row: Vec<Member> = Vec::new();
        for at in 0..columns {
            let name = match NAMES.get(chance.below(NAMES.len())) {
                Some(name) if row.iter().all(|(known, _)| known != name) => (*name).to_owned(),
                _ => format!("m{at}"),
            };
            // The same may stand under a name that is read, one under which all is kept, and one that nobody reads.
            let value = match row.get(chance.below(6 * (at + 1))) {
                Some((_, other)) => other.clone(),
                None => self.value(chance, levels),
            };
            row.push((name, value));
        }
        out.push('[');
        for at in 0..if columns > most { 2 } else { chance.below(most) } {
            if at > 0 {
                out.push(',');
            }
            out.push_str(self.line);
            let mut shown = self.changed(chance, &mut row, levels);
            // Now and then something else stands among the rows.
            if chance.once_in(100) {
                out.push_str(&self.value(chance, levels));
                continue;
            }
            if chance.once_in(60) {
                shown.clear();
            }
            self.record(chance, out, &shown);
        }
        self.gap(chance, out);
        out.push(']');
    }

    fn record(&self, chance: &mut Chance, out: &mut String, members: &[Member]) {
        if members.is_empty() {
            out.push('{');
            self.gap(chance, out);
        }
        for (at, (name, value)) in members.iter().enumerate() {
            let before = if at == 0 { "{" } else { "," };
            self.member(chance, out, before, name, |_, out| out.push_str(value));
        }
        out.push('}');
    }

    /// The next row: some values are others from now on, and this once some members are elsewhere.
    fn changed(&self, chance: &mut Chance, row: &mut [Member], levels: usize) -> Vec<Member> {
        for (_, value) in row.iter_mut() {
            if chance.once_in(self.change) {
                *value = if chance.once_in(3) { nearly(chance, value) } else { self.value(chance, levels) };
            }
        }
        if row.len() > 1 && chance.once_in(self.change) {
            let (a, b) = (chance.below(row.len()), chance.below(row.len()));
            row.swap(a, b);
        }
        let mut shown = row.to_vec();
        while chance.once_in(self.change.min(20)) && !shown.is_empty() {
            let at = chance.below(shown.len());
            match chance.below(6) {
                0..=1 => drop(shown.remove(at)),
                2 => shown.truncate(at),
                3 => {
                    let name = (*chance.pick(NAMES)).to_owned();
                    if may_stand(chance, &shown, &name) {
                        shown.insert(at, (name, self.value(chance, levels)));
                    }
                }
                4 => {
                    let name = nearly(chance, &shown[at].0).replace('"', "");
                    if may_stand(chance, &shown, &name) {
                        shown[at].0 = name;
                    }
                }
                _ if chance.once_in(8) => {
                    let to = chance.below(shown.len() + 1);
                    shown.insert(to, shown[at].clone());
                }
                _ => {}
            }
        }
        shown
    }

    fn value(&self, chance: &mut Chance, levels: usize) -> String {
        if self.wrong > 0 && chance.once_in(self.wrong) {
            let wrong = [
                "",
                "01",
                "1.",
                "-",
                "+1",
                ".5",
                "1e",
                "tru",
                "nulll",
                "True",
                "\"",
                "\"\\x\"",
                "\"\\ud800\"",
                "\"\\udc00\\ud800\"",
                "\"\\ud800\\u0041\"",
                "\"\\u12\"",
                "\"\n\"",
                "\"\u{1f}\"",
                "'a'",
                "[1,]",
                "{\"a\"}",
                "{,}",
                "{1:2}",
                "[",
                "{",
                "]",
                "NaN",
                "\"a\" \"b\"",
                "\u{feff}1",
            ];
            return (*chance.pick(&wrong)).to_owned();
        }
        match chance.below(if levels == 0 { 26 } else { 30 }) {
            0..=1 => "null".to_owned(),
            2 => (*chance.pick(&["true", "false"])).to_owned(),
            3..=6 => (chance.bits() >> (34 + chance.below(30))).to_string(),
            7..=9 => number(chance),
            10..=23 => text(chance),
            24..=25 => format!("{{\"value\":{}}}", if chance.once_in(2) { number(chance) } else { text(chance) }),
            26 => {
                let name = *chance.pick(&["value", "value", "val\\u0075e", "deep", "x"]);
                let mut out = String::new();
                self.member(chance, &mut out, "{", name, |chance, out| out.push_str(&self.value(chance, levels - 1)));
                out.push('}');
                out
            }
            27 => {
                let elements: Vec<String> = (0..chance.below(4)).map(|_| self.value(chance, levels - 1)).collect();
                format!("[{}]", elements.join(","))
            }
            28 => {
                let mut out = String::new();
                self.rows(chance, &mut out, levels - 1);
                out
            }
            _ => {
                let mut members: Vec<Member> = Vec::new();
                for _ in 0..chance.below(5) {
                    let name = *chance.pick(NAMES);
                    if may_stand(chance, &members, name) {
                        members.push((name.to_owned(), self.value(chance, levels - 1)));
                    }
                }
                let mut out = String::new();
                self.record(chance, &mut out, &members);
                out
            }
        }
    }
}

/// Whether a name may stand there: mostly only if it does not stand there yet.
fn may_stand(chance: &mut Chance, members: &[Member], name: &str) -> bool {
    members.iter().all(|(known, _)| known != name) || chance.once_in(8)
}

/// The same with one character another one: mostly one of the last.
fn nearly(chance: &mut Chance, value: &str) -> String {
    let mut chars: Vec<char> = value.chars().collect();
    let near = chance.below(chars.len().min(3) + 1);
    let at = if chance.once_in(2) { chars.len().saturating_sub(near) } else { chance.below(chars.len()) };
    let other = *chance.pick(&['0', '7', 'a', 'Z', ' ', 'è', '.', 'e', '😀', '_']);
    let len = chars.len();
    match chars.get_mut(at) {
        // What holds it together stays.
        Some(c) if !"\"\\{}[]:,".contains(*c) => *c = other,
        _ if chance.once_in(2) && len > 2 => chars.insert(1, other),
        _ => {}
    }
    chars.into_iter().collect()
}

fn number(chance: &mut Chance) -> String {
    let mut out = String::new();
    if chance.once_in(4) {
        out.push('-');
    }
    // Mostly within what fits, often near its edges.
    let most = *chance.pick(&[2, 4, 8, 8, 17, 18, 19, 20, 45]);
    let most = if chance.once_in(3) { most } else { most.min(8) };
    let digits = |chance: &mut Chance, most: usize, out: &mut String| {
        let same = chance.once_in(4).then(|| *chance.pick(&['0', '9']));
        for _ in 0..1 + chance.below(most) {
            let digit = char::from(b'0' + chance.below(10) as u8);
            out.push(same.unwrap_or(digit));
        }
    };
    if chance.once_in(5) {
        out.push('0');
    } else {
        out.push(char::from(b'1' + chance.below(9) as u8));
        if !chance.once_in(4) {
            digits(chance, most, &mut out);
        }
    }
    if chance.once_in(3) {
        out.push('.');
        digits(chance, most, &mut out);
    }
    if chance.once_in(6) {
        out.push_str(chance.pick::<&str>(&["e", "E", "e+", "E-", "e-"]));
        let exponent = *chance.pick(&[0_i64, 1, 2, 3, 17, 18, 19, 20, 38, 300, 2_147_483_647, 2_147_483_648]);
        out.push_str(&exponent.to_string());
    }
    if chance.once_in(40) {
        out = (*chance.pick(&[
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-0",
            "0.0",
            "-0.0e5",
        ]))
        .to_owned();
    }
    out
}

fn text(chance: &mut Chance) -> String {
    let len = if chance.once_in(2) { *chance.pick(LENGTHS) } else { chance.below(24) };
    let plain = !chance.once_in(3);
    let mut out = String::from("\"");
    for _ in 0..len {
        match chance.below(if plain { 1 } else { 40 }) {
            1..=3 => out.push_str(chance.pick::<&str>(&[
                "\\n",
                "\\\"",
                "\\\\",
                "\\/",
                "\\b\\f\\r\\t",
                "\\u00e8",
                "\\u00E8",
                "\\u0000",
            ])),
            4 => out.push_str(chance.pick::<&str>(&["\\ud83d\\ude00", "\\uD83D\\uDE00", "\\ufffe", "\\u007f"])),
            5..=6 => out.push(*chance.pick(&['è', '€', '😀', '\u{7f}', '\u{80}', '\u{ffff}', '\u{feff}'])),
            7..=9 => out.push(' '),
            10..=12 => out.push(*chance.pick(&['{', '}', '[', ']', ',', ':', '\''])),
            _ => out.push(char::from(b'a' + chance.below(26) as u8)),
        }
    }
    // Texts that stand for nothing.
    if chance.once_in(8) {
        let nothing = ["", " ", "   ", "NN", "N\\u004e", "\\t", " \\n\\f", "\\u000b", "null", "\u{a0}", "NN "];
        out = format!("\"{}", chance.pick(&nothing));
    }
    out.push('"');
    out
}
