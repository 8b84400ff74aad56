//! The bundle: a checked mapping in the form the engine runs. Written by `mapping-compiler` (feature `write`), read by
//! [`crate::plan::Plan::load`].
//!
//! On the wire it is JSON: `{"ifs_bundle": 2, "digest": "…", "plan": {…}}`. `digest` is the lower-case hex SHA-256 of the bytes
//! of `plan` exactly as they stand in the file.
//!
//! Everything here is plain data. [`crate::plan::Plan::load`] verifies every index before anything runs, so a
//! bundle that was damaged or written by another version is refused at configure time.

mod call;
mod envelope;
mod expr;
mod failure;
mod forms;
mod functions;
mod index;
mod pattern;
pub(crate) mod read;
#[cfg(feature = "write")]
mod skip;
mod system;
pub(crate) mod verify;
mod whole;

pub use crate::value::charset::Charset;
pub use call::{Call, Decode, Encode, Method, PageBy, Pages, Paging, PathPart, SoapCall};
#[cfg(feature = "write")]
pub use envelope::seal;
pub use envelope::{FORMAT, LoadError, unseal};
pub use expr::{BinaryOp, Block, Embedded, Expr, Loop, MacroKind, Var};
pub use failure::{Failure, FailureKind};
pub use forms::{FORMS, Form, FormKind};
pub use functions::{Arity, FUNCTIONS, Function, Signature, Type};
pub use index::{CallIndex, LetIndex, PatternIndex, RequestIndex, SecretIndex, Slot, SystemIndex, TableIndex, TextId};
pub use pattern::{Pattern, Place, Step};
pub use system::{Clean, Session, Soap, SoapStyle, SoapVersion, System};
pub use whole::{Bundle, Guard, GuardKind, Institute, InstituteKind, Let, Name, Recipe, Table};
