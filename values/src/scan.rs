//! Looking at eight bytes at a time, where one at a time is what a page's cost would be made of.
//!
//! The tricks are those of "SIMD within a register": a byte's highest bit in a mask says what holds for that byte. A
//! borrow from a byte that matched may mark bytes behind it too, so only a mask's lowest mark is read. Vector
//! instructions of wasm were measured and gave nothing over these.

/// The same byte in all eight places.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The place of a mask's first marked byte.
#[inline]
const fn first(mask: u64) -> usize {
    (mask.trailing_zeros() >> 3) as usize
}

/// How many bytes at the front of both are the same.
#[inline]
pub(super) fn common(left: &[u8], right: &[u8]) -> usize {
    let (words, others) = (left.as_chunks::<8>().0, right.as_chunks::<8>().0);
    let mut same = 0_usize;
    for (word, other) in words.iter().zip(others) {
        let differ = u64::from_le_bytes(*word) ^ u64::from_le_bytes(*other);
        if differ != 0 {
            return same.wrapping_add(first(differ));
        }
        same = same.wrapping_add(8);
    }
    let (left, right) = (left.get(same..).unwrap_or_default(), right.get(same..).unwrap_or_default());
    same.wrapping_add(left.iter().zip(right).take_while(|(a, b)| a == b).count())
}

/// Whether both begin with the same `len` bytes.
#[inline]
pub(super) fn alike(left: &[u8], right: &[u8], len: usize) -> bool {
    let (Some(left), Some(right)) = (left.get(..len), right.get(..len)) else { return false };
    let same = |a: &[u8; 8], b: &[u8; 8]| u64::from_le_bytes(*a) == u64::from_le_bytes(*b);
    match (left.last_chunk::<8>(), right.last_chunk::<8>()) {
        // The last word overlaps the one before it.
        (Some(a), Some(b)) => {
            same(a, b) && left.as_chunks::<8>().0.iter().zip(right.as_chunks::<8>().0).all(|(a, b)| same(a, b))
        }
        _ => left.iter().zip(right).all(|(a, b)| a == b),
    }
}

/// How many bytes at the front stand for themselves in a JSON string: neither quote nor backslash nor control
/// character.
#[inline]
pub(super) fn plain(text: &[u8]) -> usize {
    let (words, _) = text.as_chunks::<8>();
    let mut passed = 0_usize;
    for word in words {
        let word = u64::from_le_bytes(*word);
        // With this bit turned, a quote is a blank and what was below a blank still is: all of them are below '!'.
        let (low, backslash) = (word ^ all(b'"' ^ b' '), word ^ all(b'\\'));
        let marked = (low.wrapping_sub(all(b'!')) & !low) | (backslash.wrapping_sub(all(1)) & !backslash);
        let marked = marked & all(0x80);
        if marked != 0 {
            return passed.wrapping_add(first(marked));
        }
        passed = passed.wrapping_add(8);
    }
    let rest = text.get(passed..).unwrap_or_default();
    passed.wrapping_add(rest.iter().take_while(|b| !matches!(b, b'"' | b'\\' | 0..=0x1f)).count())
}

/// Whether all bytes are those of ASCII that can be seen, blanks included.
#[inline]
pub(super) fn printable(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    let other = words.iter().fold(0, |marks, word| {
        let word = u64::from_le_bytes(*word);
        // Marked: above ASCII, below a blank, and the last of ASCII, which one more makes the first above it. A borrow or
        // a carry can only mark more, where something is marked anyway.
        marks | word | word.wrapping_sub(all(b' ')) | word.wrapping_add(all(1))
    });
    other & all(0x80) == 0 && rest.iter().all(|b| matches!(b, b' '..=b'~'))
}

/// How many bytes at the front are digits.
#[inline]
pub(super) fn digits(text: &[u8]) -> usize {
    let (words, _) = text.as_chunks::<8>();
    let mut passed = 0_usize;
    for word in words {
        // A digit's distance from '0' is below 10: with 0x76 more it stays below 0x80. No byte carries into the next.
        let distance = u64::from_le_bytes(*word) ^ all(b'0');
        let other = ((distance & all(0x7f)).wrapping_add(all(0x76)) | distance) & all(0x80);
        if other != 0 {
            return passed.wrapping_add(first(other));
        }
        passed = passed.wrapping_add(8);
    }
    let rest = text.get(passed..).unwrap_or_default();
    passed.wrapping_add(rest.iter().take_while(|b| b.is_ascii_digit()).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte at every place of texts of up to three words, behind bytes that nearly match.
    #[test]
    fn each_byte_is_judged_as_alone() {
        let bystanders = [b'a', b'0', b'9', b'!', b'#', b'[', b']', b' ', 0x7f, 0x80, 0xa2, 0xdc, 0xff];
        for len in 0..=24_usize {
            for (turn, at) in (0..len).enumerate() {
                for byte in 0..=255_u8 {
                    let mut text: Vec<u8> = (0..len).map(|i| bystanders[(i + turn) % bystanders.len()]).collect();
                    text[at] = byte;
                    let slow = |stops: &dyn Fn(u8) -> bool| text.iter().position(|b| stops(*b)).unwrap_or(len);
                    assert_eq!(plain(&text), slow(&|b| matches!(b, b'"' | b'\\' | 0..=0x1f)), "{text:?}");
                    assert_eq!(digits(&text), slow(&|b| !b.is_ascii_digit()), "{text:?}");
                    text.iter_mut().take(at).for_each(|b| *b = b'7');
                    assert_eq!(digits(&text), text.iter().take_while(|b| b.is_ascii_digit()).count(), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn the_same_is_the_same_to_the_last_byte() {
        for len in 0..=20_u8 {
            let text: Vec<u8> = (0..len).collect();
            let longer = [&text[..], b"x"].concat();
            assert!(alike(&text, &longer, text.len()) && alike(&longer, &text, text.len()));
            assert!(!alike(&text, &longer, longer.len()));
            for at in 0..text.len() {
                let mut changed = longer.clone();
                changed[at] ^= 0x80;
                assert!(alike(&text, &changed, at) && !alike(&text, &changed, text.len()));
            }
        }
    }

    #[test]
    fn what_is_common_ends_at_the_first_difference_or_with_the_shorter() {
        for (len, other) in (0..=20).flat_map(|a| (0..=20).map(move |b| (a, b))) {
            let text: Vec<u8> = (0..20).collect();
            let shorter = len.min(other);
            assert_eq!(common(&text[..len], &text[..other]), shorter);
            for at in 0..shorter {
                for bit in 0..8 {
                    let mut changed = text.clone();
                    changed[at] ^= 1 << bit;
                    assert_eq!(common(&text[..len], &changed[..other]), at);
                }
            }
        }
    }
}
