//! The contract's pattern for tax codes (P-CF), as a matcher over bytes.
//!
//! It accepts upper case and omocodia letters, checks that day and month can be, and does not check the check letter
//! (T-41). A test holds it against the pattern itself.

/// P-CF as it is written upstream.
pub(crate) const P_CF: &str = r"^(?:^(?:[A-Z][AEIOU][AEIOUX]|[B-DF-HJ-NP-TV-Z]{2}[A-Z]){2}(?:[\dLMNP-V]{2}(?:[A-EHLMPR-T](?:[04LQ][1-9MNP-V]|[15MR][\dLMNP-V]|[26NS][0-8LMNP-U])|[DHPS][37PT][0L]|[ACELMRT][37PT][01LM]|[AC-EHLMPR-T][26NS][9V])|(?:[02468LNQSU][048LQU]|[13579MPRTV][26NS])B[26NS][9V])(?:[A-MZ][1-9MNP-V][\dLMNP-V]{2}|[A-M][0L](?:[1-9MNP-V][\dLMNP-V]|[0L][1-9MNP-V]))[A-Z]$)";

/// Whether a text matches P-CF.
pub fn is_tax_code(text: &str) -> bool {
    let Ok(code) = <&[u8; 16]>::try_from(text.as_bytes()) else { return false };
    let [a, b, c, d, e, f, y1, y2, month, d1, d2, place, p1, p2, p3, check] = *code;
    name_part([a, b, c])
        && name_part([d, e, f])
        && birth([y1, y2], month, [d1, d2])
        && place_part(place, [p1, p2, p3])
        && check.is_ascii_uppercase()
}

/// `[A-Z][AEIOU][AEIOUX] | [B-DF-HJ-NP-TV-Z]{2}[A-Z]`
fn name_part([a, b, c]: [u8; 3]) -> bool {
    (a.is_ascii_uppercase() && vowel(b) && (vowel(c) || c == b'X'))
        || (consonant(a) && consonant(b) && c.is_ascii_uppercase())
}

fn vowel(b: u8) -> bool {
    matches!(b, b'A' | b'E' | b'I' | b'O' | b'U')
}

fn consonant(b: u8) -> bool {
    b.is_ascii_uppercase() && !vowel(b)
}

/// A digit or the letter that stands for it in omocodia: 0–9 or L M N P Q R S T U V.
fn digit(b: u8) -> bool {
    b.is_ascii_digit() || matches!(b, b'L'..=b'N' | b'P'..=b'V')
}

/// The same without zero: 1–9 or M N P Q R S T U V.
fn positive(b: u8) -> bool {
    matches!(b, b'1'..=b'9' | b'M' | b'N' | b'P'..=b'V')
}

/// Year, month letter and day: women's days are 40 higher; 29 February only in years whose last two digits can be a
/// leap year's.
fn birth([y1, y2]: [u8; 2], month: u8, day: [u8; 2]) -> bool {
    let any_year = digit(y1) && digit(y2);
    let [d1, d2] = day;
    let up_to_28 = matches!(month, b'A'..=b'E' | b'H' | b'L' | b'M' | b'P' | b'R'..=b'T')
        && match d1 {
            b'0' | b'4' | b'L' | b'Q' => positive(d2),
            b'1' | b'5' | b'M' | b'R' => digit(d2),
            b'2' | b'6' | b'N' | b'S' => matches!(d2, b'0'..=b'8' | b'L'..=b'N' | b'P'..=b'U'),
            _ => false,
        };
    let thirties = matches!(d1, b'3' | b'7' | b'P' | b'T');
    let thirtieth = matches!(month, b'D' | b'H' | b'P' | b'S') && thirties && matches!(d2, b'0' | b'L');
    let thirty_first = matches!(month, b'A' | b'C' | b'E' | b'L' | b'M' | b'R' | b'T')
        && thirties
        && matches!(d2, b'0' | b'1' | b'L' | b'M');
    let twenty_ninth = matches!(d1, b'2' | b'6' | b'N' | b'S') && matches!(d2, b'9' | b'V');
    let not_february = matches!(month, b'A' | b'C'..=b'E' | b'H' | b'L' | b'M' | b'P' | b'R'..=b'T');
    (any_year && (up_to_28 || thirtieth || thirty_first || (not_february && twenty_ninth)))
        || (leap_year([y1, y2]) && month == b'B' && twenty_ninth)
}

/// `[02468LNQSU][048LQU] | [13579MPRTV][26NS]`
fn leap_year([y1, y2]: [u8; 2]) -> bool {
    (matches!(y1, b'0' | b'2' | b'4' | b'6' | b'8' | b'L' | b'N' | b'Q' | b'S' | b'U')
        && matches!(y2, b'0' | b'4' | b'8' | b'L' | b'Q' | b'U'))
        || (matches!(y1, b'1' | b'3' | b'5' | b'7' | b'9' | b'M' | b'P' | b'R' | b'T' | b'V')
            && matches!(y2, b'2' | b'6' | b'N' | b'S'))
}

/// `[A-MZ][1-9MNP-V][\dLMNP-V]{2} | [A-M][0L](?:[1-9MNP-V][\dLMNP-V]|[0L][1-9MNP-V])`
fn place_part(letter: u8, [p1, p2, p3]: [u8; 3]) -> bool {
    (matches!(letter, b'A'..=b'M' | b'Z') && positive(p1) && digit(p2) && digit(p3))
        || (matches!(letter, b'A'..=b'M')
            && matches!(p1, b'0' | b'L')
            && ((positive(p2) && digit(p3)) || (matches!(p2, b'0' | b'L') && positive(p3))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes() {
        for code in ["RSSMRA80A01F205D", "RSSMRA80A01F205X", "LNGDVD80L31B354S", "RSSMRA80A01F20RX", "RSSMRA80B69Z404X"]
        {
            assert!(is_tax_code(code), "{code}");
        }
        for code in [
            "",
            "rssmra80a01f205x",
            "12345678901",
            "RSSMRA81B29F205X",
            "RSSMRA80A32F205X",
            "RSSMRA80A01F205XX",
            "RSSMRA80A0１F205",
        ] {
            assert!(!is_tax_code(code), "{code}");
        }
    }

    /// Each position in turn takes every byte of interest, in codes of every shape.
    #[test]
    fn agrees_with_the_pattern() {
        let pattern = regex::bytes::Regex::new(&format!("(?-u){P_CF}")).unwrap();
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789a-";
        let seeds = [
            "RSSMRA80A01F205X",
            "AAXFOX80B29Z404X",
            "RSSMRA8LD7LA00MX",
            "BCDBCD12H31L0L1Q",
            "UVAMEO00B69M9VVA",
            "RSSMRA96B29A0L9X",
        ];
        let mut accepted = 0_u32;
        for seed in seeds {
            let seed = seed.as_bytes();
            for i in 0..16 {
                for j in i..16 {
                    for x in alphabet {
                        for y in alphabet {
                            let mut code = seed.to_vec();
                            code[i] = *x;
                            code[j] = *y;
                            let ours = is_tax_code(std::str::from_utf8(&code).unwrap());
                            assert_eq!(ours, pattern.is_match(&code), "{}", String::from_utf8_lossy(&code));
                            accepted += u32::from(ours);
                        }
                    }
                }
            }
        }
        assert!(accepted > 10_000, "{accepted}");
    }
}
