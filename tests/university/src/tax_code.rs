//! The Italian tax code (codice fiscale): sixteen characters computed from a person's names, sex, date and place of
//! birth, with a check letter, and its omocodia forms for people whose codes would be equal.

use std::fmt;

use time::Date;

/// A valid tax code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaxCode([u8; 16]);

/// Sex as the registry has it; it moves the day of birth in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// `F`: the day counts from 41.
    Female,
    /// `M`.
    Male,
}

/// Letters of the months, January to December.
const MONTHS: &[u8; 12] = b"ABCDEHLMPRST";

/// Letters that stand for the digits 0 to 9 in an omocodia form.
const OMOCODIA: &[u8; 10] = b"LMNPQRSTUV";

/// Positions of the digits, in the order in which omocodia replaces them: from the right.
const DIGITS: [usize; 7] = [14, 13, 12, 10, 9, 7, 6];

/// What a digit or letter counts for at an odd position (the first is odd), for 0–9 and A–Z alike.
const ODD: [u32; 26] = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

impl TaxCode {
    /// Computes the code. `place` is the four-character cadastral code of the municipality, or `Z…` of the country;
    /// `omocodia` digits (0 to 7) are replaced by letters, from the right.
    #[must_use]
    pub fn compute(family: &str, given: &str, sex: Sex, born: Date, place: &str, omocodia: usize) -> Self {
        let mut code = [b'X'; 16];
        code[0..3].copy_from_slice(&family_part(&fold(family)));
        code[3..6].copy_from_slice(&given_part(&fold(given)));
        let day = born.day() + if sex == Sex::Female { 40 } else { 0 };
        let year = born.year().rem_euclid(100);
        code[6..8].copy_from_slice(format!("{year:02}").as_bytes());
        code[8] = MONTHS[usize::from(u8::from(born.month()) - 1)];
        code[9..11].copy_from_slice(format!("{day:02}").as_bytes());
        for (slot, byte) in code[11..15].iter_mut().zip(place.bytes()) {
            *slot = byte;
        }
        for position in DIGITS.into_iter().take(omocodia) {
            code[position] = OMOCODIA[usize::from(code[position] - b'0')];
        }
        code[15] = check_letter(&code[..15]);
        Self(code)
    }

    /// Takes a text of sixteen characters as it stands, without looking at its check letter.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        text.as_bytes().try_into().ok().map(Self)
    }

    /// The sixteen characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether sixteen characters have the right check letter.
    #[must_use]
    pub fn check(text: &str) -> bool {
        let bytes = text.as_bytes();
        let plain = bytes.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        bytes.len() == 16 && plain && check_letter(&bytes[..15]) == bytes[15]
    }
}

/// Never the code itself: debug output ends in logs.
impl fmt::Debug for TaxCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaxCode(…)")
    }
}

fn check_letter(code: &[u8]) -> u8 {
    let sum: u32 = code
        .iter()
        .enumerate()
        .map(|(position, byte)| {
            let value = if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' };
            if position % 2 == 0 { ODD[usize::from(value)] } else { u32::from(value) }
        })
        .sum();
    b'A' + u8::try_from(sum % 26).unwrap_or(0)
}

/// Upper-case letters only: accents go, as do blanks, apostrophes and hyphens.
fn fold(name: &str) -> Vec<u8> {
    let mut letters = Vec::new();
    for c in name.chars().flat_map(char::to_uppercase) {
        match c {
            'A'..='Z' => letters.push(c as u8),
            'À' | 'Á' | 'Â' | 'Ã' | 'Ä' | 'Å' | 'Ă' => letters.push(b'A'),
            'Ç' | 'Ć' | 'Č' => letters.push(b'C'),
            'Đ' => letters.push(b'D'),
            'È' | 'É' | 'Ê' | 'Ë' | 'Ễ' => letters.push(b'E'),
            'Ì' | 'Í' | 'Î' | 'Ï' => letters.push(b'I'),
            'Ł' => letters.push(b'L'),
            'Ñ' | 'Ń' => letters.push(b'N'),
            'Ò' | 'Ó' | 'Ô' | 'Õ' | 'Ö' | 'Ø' => letters.push(b'O'),
            'Ř' => letters.push(b'R'),
            'Ș' | 'Ş' | 'Š' | 'Ś' => letters.push(b'S'),
            'Ù' | 'Ú' | 'Û' | 'Ü' => letters.push(b'U'),
            'Ž' | 'Ź' => letters.push(b'Z'),
            _ => {}
        }
    }
    letters
}

fn is_vowel(letter: &u8) -> bool {
    b"AEIOU".contains(letter)
}

/// Consonants, then vowels, then `X`.
fn family_part(letters: &[u8]) -> [u8; 3] {
    let consonants = letters.iter().filter(|letter| !is_vowel(letter));
    let vowels = letters.iter().filter(|letter| is_vowel(letter));
    let mut part = [b'X'; 3];
    for (slot, letter) in part.iter_mut().zip(consonants.chain(vowels)) {
        *slot = *letter;
    }
    part
}

/// As for the family name, but of four or more consonants the second is left out.
fn given_part(letters: &[u8]) -> [u8; 3] {
    let consonants: Vec<u8> = letters.iter().copied().filter(|letter| !is_vowel(letter)).collect();
    if consonants.len() >= 4 { [consonants[0], consonants[2], consonants[3]] } else { family_part(letters) }
}

#[cfg(test)]
mod tests {
    use time::Month;

    use super::*;

    fn day(year: i32, month: Month, day: u8) -> Date {
        Date::from_calendar_date(year, month, day).unwrap()
    }

    #[test]
    fn known_check_letters() {
        assert!(TaxCode::check("RSSMRA80A01F205X"));
        assert!(TaxCode::check("LNGDVD80L31B354S"));
        assert!(!TaxCode::check("RSSMRA80A01F205D"), "the contract's own example has a wrong letter");
        assert!(!TaxCode::check("RSSMRA80A01F205x"));
        assert!(!TaxCode::check("RSSMRA80A01F205"));
    }

    #[test]
    fn whole_codes() {
        let cases = [
            ("Rossi", "Mario", Sex::Male, day(1980, Month::January, 1), "F205", 0, "RSSMRA80A01F205X"),
            ("Longo", "Davide", Sex::Male, day(1980, Month::July, 31), "B354", 0, "LNGDVD80L31B354S"),
            // Four consonants in the given name: the second goes.
            ("Fo", "Gianfranco", Sex::Male, day(1999, Month::December, 9), "H501", 0, "FOXGFR99T09H501"),
            ("D'Agostino", "Niccolò", Sex::Male, day(2000, Month::February, 29), "F205", 0, "DGSNCL00B29F205"),
            ("Müller", "Desirée", Sex::Female, day(2001, Month::March, 5), "Z112", 0, "MLLDSR01C45Z112"),
            ("Rossi", "Mario", Sex::Male, day(1980, Month::January, 1), "F205", 1, "RSSMRA80A01F20R"),
            ("Rossi", "Mario", Sex::Male, day(1980, Month::January, 1), "F205", 7, "RSSMRAULALMFNLR"),
        ];
        for (family, given, sex, born, place, omocodia, expected) in cases {
            let code = TaxCode::compute(family, given, sex, born, place, omocodia);
            assert!(code.as_str().starts_with(expected), "{} is not {expected}", code.as_str());
            assert!(TaxCode::check(code.as_str()));
        }
    }
}
