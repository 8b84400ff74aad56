//! What reading a part of a document comes to.

use crate::DecodeError;

pub(super) type Lexed<T> = Result<T, DecodeError>;

/// What is no XML, or none that is taken.
pub(super) const WRONG: DecodeError = DecodeError::Syntax;
