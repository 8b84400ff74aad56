//! Classes of bytes, and how far it is to the next byte of one.

/// What a byte may be, one bit each, so that a run is looked through once whatever ends it.
#[derive(Clone, Copy, Debug)]
pub struct Class(u8);

impl Class {
    /// Ends a name without prefix.
    pub const NAME_END: Self = Self(1);
    /// A name may begin with it.
    pub const START: Self = Self(1 << 1);
    /// Needs a closer look in character data, in what is not escaped, in an attribute's value.
    const TEXT: Self = Self(1 << 2);
    const CDATA: Self = Self(1 << 3);
    const ATTRIBUTE: Self = Self(1 << 4);
    const LESS: Self = Self(1 << 5);
    const BRACKET: Self = Self(1 << 6);
    const QUOTE: Self = Self(1 << 7);

    /// Whether a byte is any of this.
    pub fn has(self, byte: u8) -> bool {
        CLASSES.get(usize::from(byte)).is_some_and(|class| class & self.0 != 0)
    }

    /// How many bytes stand before the first one that is any of this.
    pub fn before(self, bytes: &[u8]) -> usize {
        bytes.iter().position(|byte| self.has(*byte)).unwrap_or(bytes.len())
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The classes of every byte.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        // Of what is not ASCII every character passes in names: no mark-up is made of it.
        let start = byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii();
        let name = start || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        // U+FFFE and U+FFFF begin with 0xef.
        let look = matches!(byte, 0..=0x1f | 0xef) && !matches!(byte, b'\t' | b'\n');
        let of = [
            (Class::NAME_END, !name),
            (Class::START, start),
            (Class::TEXT, look || byte == b'&'),
            (Class::CDATA, look),
            (Class::ATTRIBUTE, look || matches!(byte, b'&' | b'\t' | b'\n')),
            (Class::LESS, byte == b'<'),
            (Class::BRACKET, byte == b']'),
            (Class::QUOTE, matches!(byte, b'"' | b'\'')),
        ];
        let mut class = 0;
        let mut rest: &[(Class, bool)] = &of;
        while let [(one, is), behind @ ..] = rest {
            if *is {
                class |= one.0;
            }
            rest = behind;
        }
        #[allow(clippy::indexing_slicing, reason = "as many classes as bytes, and at compile time")]
        {
            classes[byte as usize] = class;
        }
        match byte.checked_add(1) {
            Some(next) => byte = next,
            None => break classes,
        }
    }
};

/// A class that is made of control characters and these marks alone: long runs are looked through by words.
#[derive(Clone, Copy, Debug)]
pub struct Marks<const N: usize> {
    class: Class,
    marks: [u8; N],
}

/// What needs a closer look in character data, in what is not escaped, in an attribute's value.
pub const TEXT: Marks<2> = Marks { class: Class::TEXT, marks: [b'&', 0xef] };
pub const CDATA: Marks<1> = Marks { class: Class::CDATA, marks: [0xef] };
pub const ATTRIBUTE: Marks<2> = Marks { class: Class::ATTRIBUTE, marks: [b'&', 0xef] };
/// The same, and what may end them or must not stand there.
pub const TEXT_END: Marks<4> =
    Marks { class: Class::TEXT.and(Class::LESS).and(Class::BRACKET), marks: [b'&', b'<', b']', 0xef] };
pub const CDATA_END: Marks<2> = Marks { class: Class::CDATA.and(Class::BRACKET), marks: [b']', 0xef] };
pub const ATTRIBUTE_END: Marks<5> =
    Marks { class: Class::ATTRIBUTE.and(Class::LESS).and(Class::QUOTE), marks: [b'&', b'<', b'"', b'\'', 0xef] };

/// Up to so many bytes are looked at one by one: most runs end before.
const NEAR: usize = 16;

impl<const N: usize> Marks<N> {
    /// How many bytes stand before the first one of the class.
    #[inline(always)]
    pub fn before(self, bytes: &[u8]) -> usize {
        let Some(near) = bytes.first_chunk::<NEAR>() else { return self.class.before(bytes) };
        match near.iter().position(|byte| self.class.has(*byte)) {
            Some(at) => at,
            None => self.far(bytes),
        }
    }

    #[inline(never)]
    fn far(self, bytes: &[u8]) -> usize {
        let may_be = |word: u64| {
            let marked =
                self.marks.iter().fold(0, |any, mark| any | zeros(word ^ (ONES.wrapping_mul(u64::from(*mark)))));
            // A byte below 0x20 has a high bit once that has been taken away, and had none before.
            marked | (word.wrapping_sub(ONES << 5) & !word & HIGH)
        };
        before(bytes, may_be, |byte| self.class.has(byte))
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Not 0 if a byte of a word is; only then, or next to such a byte, bits are set.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH
}

/// How many bytes stand before the first one that `is` what is looked for; `may_be` is 0 for words without one.
#[inline(always)]
fn before(bytes: &[u8], may_be: impl Fn(u64) -> u64, is: impl Fn(u8) -> bool) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut passed = 0_usize;
    for word in words {
        if may_be(u64::from_le_bytes(*word)) != 0
            && let Some(at) = word.iter().position(|byte| is(*byte))
        {
            return passed.saturating_add(at);
        }
        passed = passed.saturating_add(8);
    }
    passed.saturating_add(rest.iter().position(|byte| is(*byte)).unwrap_or(rest.len()))
}

/// Where a mark of ASCII begins. Marks are short and their first byte is rare: looking for it is quick, and much less
/// code than a searcher for any text.
pub fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    let first = *mark.first()?;
    let pattern = ONES.wrapping_mul(u64::from(first));
    let mut from = 0_usize;
    loop {
        let rest = text.get(from..)?;
        let at = from.saturating_add(before(rest, |word| zeros(word ^ pattern), |byte| byte == first));
        if text.get(at..)?.starts_with(mark) {
            return Some(at);
        }
        from = at.saturating_add(1);
    }
}

/// Whether two names are the same: the last word overlaps the one before it, so that no byte is looked at alone but in
/// the shortest names.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    match a.len() {
        0..4 => a.iter().zip(b).all(|(a, b)| a == b),
        4..8 => a.first_chunk::<4>() == b.first_chunk() && a.last_chunk::<4>() == b.last_chunk(),
        _ => {
            let mut words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
            words.all(|(a, b)| a == b) && a.last_chunk::<8>() == b.last_chunk()
        }
    }
}

pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a class has, one byte after the other.
    fn plainly<const N: usize>(marks: Marks<N>, bytes: &[u8]) -> usize {
        bytes.iter().position(|b| marks.class.has(*b)).unwrap_or(bytes.len())
    }

    /// By words it is what it is byte by byte: for every byte, at every place of a word, whatever stands around it.
    #[test]
    fn words_find_what_bytes_are() {
        fn holds<const N: usize>(marks: Marks<N>) {
            for byte in 0..=255_u8 {
                for around in [b'a', 0x20, 0x7f, 0x80, 0xff] {
                    for at in 0..40 {
                        let mut run = [around; 40];
                        run[at] = byte;
                        assert_eq!(marks.before(&run), plainly(marks, &run), "{byte:x} {around:x} {at}");
                        assert_eq!(marks.before(&run[..at]), plainly(marks, &run[..at]));
                    }
                }
            }
        }
        holds(TEXT);
        holds(CDATA);
        holds(ATTRIBUTE);
        holds(TEXT_END);
        holds(CDATA_END);
        holds(ATTRIBUTE_END);
    }

    #[test]
    fn marks_are_found_wherever_they_begin() {
        for len in 0..40 {
            let text = ["]".repeat(len), "-]>]]>]]>".to_owned()].concat();
            assert_eq!(find(text.as_bytes(), b"]]>"), text.find("]]>"));
            assert_eq!(find(text.as_bytes(), b"-"), Some(len));
            assert_eq!(find(text.as_bytes(), b"<"), None);
            assert_eq!(find(text.as_bytes(), b"]>-"), None);
        }
    }

    #[test]
    fn names_are_the_same_only_if_every_byte_is() {
        for len in 0..40 {
            let name: Vec<u8> = (0..len).collect();
            assert!(same(&name, &name));
            assert!(!same(&name, &name[1.min(name.len())..]) || name.is_empty());
            for at in 0..name.len() {
                let mut other = name.clone();
                other[at] = 0xff;
                assert!(!same(&name, &other), "{len} {at}");
            }
        }
    }
}
