//! What stands for a value: of the same length and the same kinds of characters, the same for the same value, and another
//! for another wherever there are enough of its form.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use adapter_core::contract::is_tax_code;

/// How often something else is tried, until nothing else has it.
const TRIES: u64 = 64;
/// Years back from now in which a date says when something happened, rather than who was born.
const RECENT: i32 = 12;

/// Replaces values. One run's are of one replacer.
#[derive(Debug)]
pub(super) struct Replacer {
    seed: u64,
    /// Year, month and day of today.
    today: (i32, u32, u32),
    /// What stands for what, in capitals.
    known: BTreeMap<String, String>,
    used: BTreeSet<String>,
    /// What nothing becomes, in capitals: it may stay where it stands already, or mean something to the mapping.
    reserved: Arc<BTreeSet<String>>,
}

impl Replacer {
    pub(super) fn new(seed: u64, today: (i32, u32, u32), reserved: Arc<BTreeSet<String>>) -> Self {
        Self { seed, today, known: BTreeMap::new(), used: BTreeSet::new(), reserved }
    }

    /// What stands for a text: dates in it stay dates and academic years stay, all other words and numbers are replaced,
    /// what stands between them stays. Words that `keeps` says stay too.
    pub(super) fn text(&mut self, text: &str, keeps: &dyn Fn(&str) -> bool) -> String {
        let chars: Vec<char> = text.chars().collect();
        let mut out = String::with_capacity(text.len());
        let mut at = 0_usize;
        while let Some(c) = chars.get(at) {
            if !c.is_alphanumeric() {
                out.push(*c);
                at = at.saturating_add(1);
                continue;
            }
            let rest = chars.get(at..).unwrap_or_default();
            let (length, shown) = match self.dated(rest) {
                Some(found) => found,
                None => {
                    let length = rest.iter().take_while(|c| c.is_alphanumeric()).count();
                    let word: String = rest.iter().take(length).collect();
                    let shown = if keeps(&word) && !is_code(&word) { word } else { self.word(&word) };
                    (length, shown)
                }
            };
            out.push_str(&shown);
            at = at.saturating_add(length.max(1));
        }
        out
    }

    /// A date, an academic year or a time at the beginning: how long it is, and what stands for it.
    fn dated(&mut self, chars: &[char]) -> Option<(usize, String)> {
        let text: String = chars.iter().take(10).collect();
        let run = chars.iter().take_while(|c| c.is_alphanumeric()).count();
        let ends = |length: usize| chars.get(length).is_none_or(|c| !c.is_ascii_digit());
        for (form, order) in [
            ("0000-00-00", "ymd"),
            ("0000/00/00", "ymd"),
            ("00/00/0000", "dmy"),
            ("00-00-0000", "dmy"),
            ("00.00.0000", "dmy"),
        ] {
            if ends(10) && has_form(&text, form) {
                let part = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse::<u32>().ok());
                let (y, m, d) = match order {
                    "ymd" => (part(0, 4)?, part(5, 7)?, part(8, 10)?),
                    _ => (part(6, 10)?, part(3, 5)?, part(0, 2)?),
                };
                let mark = text.chars().find(|c| !c.is_ascii_digit())?;
                let (y, m, d) = self.date(i32::try_from(y).ok()?, m, d);
                let shown = match order {
                    "ymd" => format!("{y:04}{mark}{m:02}{mark}{d:02}"),
                    _ => format!("{d:02}{mark}{m:02}{mark}{y:04}"),
                };
                let (length, time) = self.time_of(chars.get(10..).unwrap_or_default());
                return Some((length.saturating_add(10), shown + &time));
            }
        }
        if run == 8 && has_form(text.get(..8)?, "00000000") {
            let part = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse::<u32>().ok());
            let (y, m, d) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
            if (1900..=2100).contains(&y) && (1..=12).contains(&m) && (1..=31).contains(&d) {
                let (y, m, d) = self.date(i32::try_from(y).ok()?, m, d);
                return Some((8, format!("{y:04}{m:02}{d:02}")));
            }
        }
        // An academic year tells nobody apart.
        for (length, form) in [(9, "0000/0000"), (9, "0000-0000"), (7, "0000/00"), (7, "0000-00")] {
            let shown: String = text.chars().take(length).collect();
            if ends(length) && has_form(&shown, form) {
                let first: u32 = shown.get(..4)?.parse().ok()?;
                let second: u32 = shown.get(5..)?.parse().ok()?;
                let next = first.saturating_add(1);
                if (1900..=2100).contains(&first) && (second == next || Some(second) == next.checked_rem(100)) {
                    return Some((length, shown));
                }
            }
        }
        // Hours and minutes stay such; midnight is how days are written that have no time.
        let time: String = text.chars().take(5).collect();
        if run == 2 && has_form(&time, "00:00") && chars.get(5).is_none_or(|c| !c.is_ascii_digit()) {
            if time == "00:00" {
                return Some((5, time));
            }
            let hash = self.hash(&time, 0);
            return Some((5, format!("{:02}:{:02}", below(hash, 24), below(hash.rotate_right(17), 60))));
        }
        // A year that something may have happened in.
        if run == 4 && has_form(text.get(..4)?, "0000") {
            let year: i32 = text.get(..4)?.parse().ok()?;
            let (now, ..) = self.today;
            if (now.saturating_sub(RECENT)..=now.saturating_add(2)).contains(&year) {
                return Some((4, text.get(..4)?.to_owned()));
            }
        }
        None
    }

    /// The time behind a day, if a `T` begins it: hours and minutes are others but at midnight, seconds and zone stay.
    fn time_of(&self, chars: &[char]) -> (usize, String) {
        let text: String =
            chars.iter().take_while(|c| c.is_ascii_digit() || matches!(c, 'T' | ':' | '.' | 'Z' | '+' | '-')).collect();
        let Some(time) = text.get(1..6).filter(|time| text.starts_with('T') && has_form(time, "00:00")) else {
            return (0, String::new());
        };
        if time == "00:00" {
            return (text.len(), text);
        }
        let hash = self.hash(time, 0);
        let (hour, minute) = (below(hash, 24), below(hash.rotate_right(17), 60));
        (text.len(), format!("T{hour:02}:{minute:02}{}", text.get(6..).unwrap_or_default()))
    }

    /// What stands for a day. When something happened lately stays within its calendar year and its academic year, and in
    /// the past; another day, as one of birth, is of another year. Days that mean none stay.
    fn date(&self, y: i32, m: u32, d: u32) -> (i32, u32, u32) {
        let (now, ..) = self.today;
        let recent = y > now.saturating_sub(RECENT);
        let edge = matches!((d, m), (1, 10 | 1) | (30, 9) | (31, 12));
        let none = !(1..=12).contains(&m) || !(1..=31).contains(&d) || y < 1905 || y > now.saturating_add(10);
        if none || (recent && edge) {
            return (y, m, d);
        }
        let key = format!("{y}-{m}-{d}");
        let past = (y, m, d) <= self.today;
        for attempt in 0..TRIES {
            let hash = self.hash(&key, attempt);
            let day = below(hash, 28).saturating_add(1);
            let found = if recent {
                let (first, months) = if m >= 10 { (10, 3) } else { (1, 9) };
                (y, below(hash.rotate_right(13), months).saturating_add(first), day)
            } else {
                // Three years back or ahead at most, and never the year itself.
                let ahead = i32::try_from(below(hash.rotate_right(29), 6)).unwrap_or(0).saturating_sub(3);
                let shift = if ahead < 0 { ahead } else { ahead.saturating_add(1) };
                (y.saturating_add(shift), below(hash.rotate_right(13), 12).saturating_add(1), day)
            };
            if found != (y, m, d) && (found <= self.today) == past {
                return found;
            }
        }
        (y, m, 1)
    }

    /// What stands for one word or number.
    fn word(&mut self, word: &str) -> String {
        let folded: String = word.chars().map(upper).collect();
        // Naught is nothing, and says nothing.
        if folded.chars().all(|c| c == '0') {
            return word.to_owned();
        }
        let found = match self.known.get(&folded) {
            Some(found) => found.clone(),
            None => {
                let found = self.another(&folded);
                self.known.insert(folded, found.clone());
                self.used.insert(found.clone());
                found
            }
        };
        let cased = word.chars().zip(found.chars());
        cased.map(|(old, new)| if old.is_lowercase() { lower(new) } else { new }).collect()
    }

    /// Something that is of the same form and not taken, if there is such a thing.
    fn another(&self, folded: &str) -> String {
        let mut last = folded.to_owned();
        for attempt in 0..TRIES {
            let found = self.made(folded, attempt);
            if found != folded {
                if !self.used.contains(&found) && !self.reserved.contains(&found) {
                    return found;
                }
                last = found;
            }
        }
        // Of short numbers there are few: any that is left, were it the same.
        let digits = u32::try_from(folded.len()).unwrap_or(0);
        let short = digits <= 3 && folded.parse::<u32>().is_ok_and(|_| !folded.starts_with('0'));
        let from = 10_u32.saturating_pow(digits.saturating_sub(1));
        let all = || (from..10_u32.saturating_pow(digits)).map(|n| n.to_string()).filter(|_| short);
        let free = |n: &String| !self.used.contains(n);
        all().find(|n| free(n) && !self.reserved.contains(n)).or_else(|| all().find(free)).unwrap_or(last)
    }

    fn made(&self, folded: &str, attempt: u64) -> String {
        if is_code(folded) {
            return self.tax_code(folded, attempt);
        }
        if let Some(near) = self.near(folded, attempt) {
            return near;
        }
        let is_number = folded.chars().all(|c| c.is_ascii_digit());
        // Milliseconds and seconds since 1970 stay within some days.
        let kept = match folded.len() {
            13 if is_number && folded.starts_with("1") => 4,
            _ => 0,
        };
        let mut out = String::with_capacity(folded.len());
        for (place, c) in folded.chars().enumerate() {
            let hash = self.hash(&format!("{place}/{folded}"), attempt);
            out.push(match c {
                c if place < kept => c,
                // A number does not begin with a naught that was none, nor loses one.
                '0' if out.chars().all(|c| c == '0') => '0',
                '0'..='9' if is_number && out.chars().all(|c| c == '0') => pick(hash, "123456789"),
                '0'..='9' => pick(hash, "0123456789"),
                'A'..='Z' => pick(hash, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                c if c.is_numeric() => pick(hash, "0123456789"),
                _ => pick(hash, "ÀÈÉÌÒÙ"),
            });
        }
        out
    }

    /// Of a number of up to three digits one nearby: a mark stays a mark, and a count a count.
    fn near(&self, folded: &str, attempt: u64) -> Option<String> {
        if folded.len() > 3 || folded.starts_with('0') {
            return None;
        }
        let number: i64 = folded.parse().ok()?;
        let away = i64::try_from(attempt.checked_div(2)?.checked_add(1)?).ok()?;
        let up = self.hash(folded, 0).wrapping_add(attempt).is_multiple_of(2);
        let found = if up { number.checked_add(away)? } else { number.checked_sub(away)? };
        let found = found.to_string();
        let fits = found.len() == folded.len() && !found.starts_with(['-', '0']);
        // One that does not fit counts as taken.
        Some(if fits { found } else { folded.to_owned() })
    }

    /// A tax code with its check letter; of a person of the same sex, born in Italy or abroad as the other.
    fn tax_code(&self, folded: &str, attempt: u64) -> String {
        let old: Vec<char> = folded.chars().collect();
        let at = |place: usize| old.get(place).copied().unwrap_or('A');
        let hash = |place: usize| self.hash(&format!("{place}/{folded}"), attempt);
        let mut code: String = (0..6).map(|place| pick(hash(place), "BCDFGLMNPRSTVZ")).collect();
        code.push_str(&format!("{:02}", below(hash(6), 40).saturating_add(60)));
        code.push(pick(hash(8), "ABCDEHLMPRST"));
        let woman = !matches!(at(9), '0'..='3' | 'L'..='P');
        let day = below(hash(9), 28).saturating_add(if woman { 41 } else { 1 });
        code.push_str(&format!("{day:02}"));
        code.push(if at(11) == 'Z' { 'Z' } else { pick(hash(11), "ABCDEFGHIL") });
        code.push_str(&format!("{:03}", below(hash(12), 900).saturating_add(100)));
        code.push(check_letter(&code));
        code
    }

    fn hash(&self, text: &str, attempt: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, text, attempt).hash(&mut hasher);
        hasher.finish()
    }
}

/// Whether a word is a tax code, in whatever case.
pub(super) fn is_code(word: &str) -> bool {
    word.len() == 16 && is_tax_code(&word.to_ascii_uppercase())
}

/// The letter that the other fifteen give: odd places by a table, even ones by their value, the sum by twenty-six.
fn check_letter(fifteen: &str) -> char {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let value = |c: char| c.to_digit(10).unwrap_or_else(|| u32::from(c).saturating_sub(u32::from('A')));
    let odd = |c: char| usize::try_from(value(c)).ok().and_then(|at| ODD.get(at)).copied().unwrap_or(0);
    let places = fifteen.chars().enumerate();
    let sum: u32 = places.map(|(place, c)| if place.is_multiple_of(2) { odd(c) } else { value(c) }).sum();
    pick(u64::from(sum), "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

/// Whether a text has digits where the form has noughts, and what the form has elsewhere.
fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.chars().zip(form.chars()).all(|(c, f)| if f == '0' { c.is_ascii_digit() } else { c == f })
}

/// A number below another.
fn below(hash: u64, most: u32) -> u32 {
    hash.checked_rem(u64::from(most)).and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

fn pick(hash: u64, from: &str) -> char {
    let many = u32::try_from(from.chars().count()).unwrap_or(1);
    usize::try_from(below(hash, many)).ok().and_then(|at| from.chars().nth(at)).unwrap_or('X')
}

/// A letter as a capital, where that is one letter.
fn upper(c: char) -> char {
    let mut all = c.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replacer() -> Replacer {
        Replacer::new(7, (2026, 12, 1), Arc::default())
    }

    fn none(_: &str) -> bool {
        false
    }

    #[test]
    fn form_and_length_stay_and_the_value_goes() {
        let mut replacer = replacer();
        for text in ["Maria Rossi", "D'Amò-Verdi", "0012345", "12345", "via Po, 7/b", "AB12cd", "28,5", "M\u{fc}ller"]
        {
            let shown = replacer.text(text, &none);
            let class = |c: char| match c {
                '0'..='9' => 'd',
                c if c.is_lowercase() => 'l',
                c if c.is_uppercase() => 'u',
                c => c,
            };
            assert_eq!(shown.chars().map(class).collect::<String>(), text.chars().map(class).collect::<String>());
            assert!(shown.split(' ').zip(text.split(' ')).all(|(a, b)| a != b), "{shown}");
            assert_eq!(replacer.text(text, &none), shown);
        }
        assert!(replacer.text("0012345", &none).starts_with("00"));
        assert_eq!(replacer.text("", &none), "");
        assert_eq!(replacer.text("0", &none), "0");
    }

    #[test]
    fn a_word_is_replaced_alike_wherever_it_stands() {
        let mut replacer = replacer();
        let alone = replacer.text("4711", &none);
        assert_eq!(replacer.text("CF=X;MAT=4711", &none).rsplit('=').next(), Some(alone.as_str()));
        let name = replacer.text("Rossi", &none);
        assert_eq!(replacer.text("ROSSI", &none), name.to_uppercase());
        // Others are others.
        let all: BTreeSet<String> = (4000..5000).map(|n| replacer.text(&n.to_string(), &none)).collect();
        assert_eq!(all.len(), 1000);
    }

    #[test]
    fn tax_codes_are_valid() {
        assert_eq!(check_letter("RSSMRA80A01F205"), 'X');
        let mut replacer = replacer();
        for code in ["RSSMRA80A01F205X", "LNGDVD80L31B354S", "rssmra80a41z404x"] {
            let shown = replacer.text(code, &none).to_uppercase();
            assert!(is_tax_code(&shown) && shown != code.to_uppercase(), "{shown}");
            assert_eq!(shown.chars().last(), Some(check_letter(shown.get(..15).unwrap())));
            // Not even where the mapping has the very text.
            assert_ne!(replacer.text(code, &|_| true), code);
        }
    }

    #[test]
    fn dates_stay_dates_of_their_academic_year() {
        let mut replacer = replacer();
        for text in ["2024-11-15", "15/11/2024 00:00:00", "20241115", "15.11.2024"] {
            let shown = replacer.text(text, &none);
            assert!(shown.contains("2024") && shown != text, "{shown}");
            let month: u32 = match text.len() {
                8 => shown.get(4..6).unwrap().parse().unwrap(),
                10 if text.contains('-') => shown.get(5..7).unwrap().parse().unwrap(),
                _ => shown.get(3..5).unwrap().parse().unwrap(),
            };
            assert!((10..=12).contains(&month), "{shown}");
        }
        assert_ne!(replacer.text("1998-02-03", &none), "1998-02-03");
        for kept in ["2025", "2024/2025", "2024/25", "01/10/2025", "31/12/9999", "00/00/0000", "2025-12-31T00:00:00"] {
            assert_eq!(replacer.text(kept, &none), kept);
        }
        // No degree of tomorrow.
        for day in 1..28 {
            let shown = replacer.text(&format!("2026-11-{day:02}"), &none);
            assert!(shown.as_str() <= "2026-12-01", "{shown}");
        }
    }

    #[test]
    fn others_are_others_as_long_as_there_are_any() {
        let mut replacer = replacer();
        let all: BTreeSet<String> = (1..1000).map(|n| replacer.text(&n.to_string(), &none)).collect();
        assert_eq!(all.len(), 999);
    }

    #[test]
    fn marks_stay_marks() {
        let mut replacer = replacer();
        let shown = replacer.text("28", &none);
        assert!(["27", "29", "26"].contains(&shown.as_str()), "{shown}");
        assert_eq!(replacer.text("A 28", &|word| word == "A"), format!("A {shown}"));
    }
}
