//! base64url without padding (RFC 4648): three bytes are four characters. Each text is of one list of bytes alone.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Bytes as text.
pub(super) fn write(bytes: impl Iterator<Item = u8>) -> String {
    let mut out = String::new();
    let (mut held, mut bits) = (0_u32, 0_u32);
    let mut digit = |six: u32| out.extend(DIGITS.get((six & 63) as usize).map(|digit| char::from(*digit)));
    for byte in bytes {
        held = held << 8 | u32::from(byte);
        bits = bits.wrapping_add(8);
        while bits >= 6 {
            bits = bits.wrapping_sub(6);
            digit(held >> bits);
            held &= !(u32::MAX << bits);
        }
    }
    if bits > 0 {
        digit(held << (6_u32.wrapping_sub(bits)));
    }
    out
}

/// Text as bytes; none if it is not what [`write`] makes.
pub(super) fn read(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in text.bytes() {
        let six = DIGITS.iter().position(|digit| *digit == byte)?;
        held = held << 6 | u32::try_from(six).ok()?;
        bits = bits.wrapping_add(6);
        if bits >= 8 {
            bits = bits.wrapping_sub(8);
            out.push(u8::try_from(held >> bits & 255).ok()?);
            held &= !(u32::MAX << bits);
        }
    }
    // What is left over are the zeros that the last byte was filled up with.
    (bits < 6 && held == 0).then_some(out)
}
