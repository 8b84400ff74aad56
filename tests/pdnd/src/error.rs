//! One error type: a sentence, with what was being done in front.

use std::fmt;

/// Why the stand-in could not do something, as a person should read it. Never holds a key or a token.
#[derive(Debug)]
pub struct Error(String);

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Puts what was being done in front of another error.
pub(crate) fn while_doing<E: fmt::Display>(doing: impl fmt::Display) -> impl FnOnce(E) -> Error {
    move |error| Error(format!("{doing}: {error}"))
}
