//! Tax codes in nine bytes. Their pattern leaves 71.4 bits: which letters may stand at a place is fixed, and a code is the
//! number whose digits they are.

use crate::contract::Pattern;

/// Bytes of a packed code.
pub(super) const PACKED: usize = 9;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789LMNPQRSTUV";
const MONTHS: &[u8] = b"ABCDEHLMPRST";

/// What may stand at each place.
const PLACES: [&[u8]; 16] = [
    LETTERS, LETTERS, LETTERS, LETTERS, LETTERS, LETTERS, DIGITS, DIGITS, MONTHS, DIGITS, DIGITS, LETTERS, DIGITS,
    DIGITS, DIGITS, LETTERS,
];

/// A tax code packed; none if it is no tax code.
pub(super) fn pack(code: &str) -> Option<[u8; PACKED]> {
    if !Pattern::TaxCode.matches(code) {
        return None;
    }
    let mut number: u128 = 0;
    for (byte, place) in code.bytes().zip(PLACES) {
        let digit = place.iter().position(|other| *other == byte)?;
        let many = u128::try_from(place.len()).ok()?;
        number = number.checked_mul(many)?.checked_add(u128::try_from(digit).ok()?)?;
    }
    number.to_be_bytes().last_chunk().copied()
}

/// The tax code of packed bytes; none if they are of none.
pub(super) fn unpack(packed: &[u8; PACKED]) -> Option<String> {
    let mut number = packed.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let mut code = [0; 16];
    for (byte, place) in code.iter_mut().zip(PLACES).rev() {
        let many = u128::try_from(place.len()).ok()?;
        let digit = usize::try_from(number.checked_rem(many)?).ok()?;
        *byte = *place.get(digit)?;
        number = number.checked_div(many)?;
    }
    let text = std::str::from_utf8(&code).ok()?;
    (number == 0 && Pattern::TaxCode.matches(text)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_what_it_was() {
        for code in ["RSSMRA80A01F205X", "VRDLGI70B02L219K", "RSSMRALNALMFNLRX", "ZZZZZZ99T71Z999Z", "AAAAAA00A01A001A"]
        {
            let packed = pack(code);
            assert_eq!(packed.and_then(|packed| unpack(&packed)).as_deref(), Some(code), "{code}");
        }
    }

    #[test]
    fn what_is_no_code_is_not_packed() {
        for text in ["", "RSSMRA80A01F205", "rssmra80a01f205x", "RSSMRA80A01F205XX", "12345678901", "RSSMRA80A00F205X"]
        {
            assert_eq!(pack(text), None, "{text}");
        }
        assert_eq!(unpack(&[255; PACKED]), None);
        // `AAAAAA00A00A000A` has no day.
        assert_eq!(unpack(&[0; PACKED]), None);
    }
}
