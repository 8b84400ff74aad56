//! The bundle: a checked mapping in the form the engine runs. Written by `mapping-compiler` (feature `write`), read and
//! verified by [`unseal`].
//!
//! On the wire it is JSON: `{"ifs_bundle": 2, "digest": "…", "plan": {…}}`. `digest` is the lower-case hex SHA-256 of the bytes
//! of `plan` exactly as they stand in the file.
//!
//! Everything here is plain data. [`verify`] verifies every index before anything runs, so a
//! bundle that was damaged or written by another version is refused at configure time.

mod call;
mod digest;
mod envelope;
mod expr;
mod failure;
mod forms;
mod functions;
mod index;
pub mod limits;
mod pattern;
mod read;
#[cfg(feature = "write")]
mod skip;
mod sorted;
mod system;
mod verify;
mod walk;
mod whole;

pub use call::{Call, Decode, Encode, Method, PageBy, Pages, Paging, PathPart, SoapCall};
pub use digest::sha256_hex;
#[cfg(feature = "write")]
pub use envelope::seal;
pub use envelope::{FORMAT, LoadError, unseal};
pub use expr::{BinaryOp, Block, Embedded, Expr, Loop, MacroKind, Var};
pub use failure::{Failure, FailureKind};
pub use forms::{FORMS, Form, FormKind};
pub use functions::{Arity, FUNCTIONS, Function, Signature, Type};
pub use index::{CallIndex, LetIndex, PatternIndex, RequestIndex, SecretIndex, Slot, SystemIndex, TableIndex, TextId};
pub use pattern::{Pattern, Place, Step};
pub use read::Blank;
pub use sorted::SortedMap;
pub use system::{Clean, Probe, Session, Soap, SoapStyle, SoapVersion, System};
pub use values::charset::Charset;
pub use values::{Csv, Likeness};
pub use verify::{TRACE_HEADERS, verify};
pub use walk::{Everybody, Feed, KeyIndex, Once, Walk};
pub use whole::{Bundle, Change, Guard, GuardKind, Institute, InstituteKind, Let, Name, Recipe, Table};
