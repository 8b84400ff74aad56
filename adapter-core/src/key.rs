//! Keys that a host gives: 32 random bytes, as 64 hex digits.

use crate::value::sorted;

/// A key's bytes. Never printed.
#[derive(Clone)]
pub(crate) struct Key(pub [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Reads a key that is called so.
    ///
    /// # Errors
    /// Says what is wrong with it; never what it is.
    pub fn read(name: &str, text: &str) -> Result<Self, String> {
        bytes(text).map(Self).map_err(|why| [name, why].concat())
    }
}

fn bytes(text: &str) -> Result<[u8; 32], &'static str> {
    let digits: Vec<u8> =
        text.chars().map_while(|c| c.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    let mut bytes = [0; 32];
    if text.chars().count() != 64 || digits.len() != 64 {
        return Err(" is not 64 hex digits");
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair.iter().fold(0, |byte: u8, digit| byte.wrapping_mul(16).wrapping_add(*digit));
    }
    // Thirty-two random bytes have some thirty different ones, and no even steps.
    let different = sorted(&bytes);
    let steps = bytes.windows(2).map(|w| w.last().copied().unwrap_or(0).wrapping_sub(w.first().copied().unwrap_or(0)));
    let steps = sorted(&steps.collect::<Vec<u8>>());
    if different.len() < 16 || steps.len() < 8 {
        return Err(" is no random key");
    }
    Ok(bytes)
}
