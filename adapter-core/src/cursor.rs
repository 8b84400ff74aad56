//! Cursors: where a walk goes on, sealed, so that nobody can read or make one who has not the key.
//!
//! A cursor is base64url without padding of: the form (1 byte), the key's id (2), the length of the whole (2), the
//! synthetic initialization vector (16, RFC 5297), and what it seals. Only form, key and length stand in the open, and
//! they are bound to the rest: what is inside says *why* a cursor is none of this request's. It is sealed without
//! anything random: the same page has the same cursor at every replica.

use aes_siv::KeyInit as _;
use aes_siv::siv::Aes128Siv;
use sha2::{Digest as _, Sha256};

use crate::contract::OperationId;
use crate::key;
use crate::problem::Code;

mod base64;
#[cfg(feature = "explain")]
mod shown;

#[cfg(feature = "explain")]
pub use shown::{Described, Held, Shown, Unopened, describe};

/// The form of what is sealed.
const FORM: u8 = 1;
/// Bytes in the open.
const OPEN: usize = 5;
/// Bytes of the initialization vector.
const IV: usize = 16;
/// Most bytes of a system's token.
pub(crate) const MOST_TOKEN: usize = 255;
/// Most bytes of a unit that is a text.
pub(crate) const MOST_UNIT: usize = 64;
/// How long a cursor may be used, from the walk's beginning on, seconds: a walk may last two days of quota, and the next
/// may be late.
const LIFETIME: i64 = 96 * 3_600;
/// How far another replica's clock may be ahead, seconds.
const AHEAD: i64 = 300;
/// Most characters of a cursor.
const MOST: usize = 512;

/// The keys that cursors are sealed and opened with, as the host gives them: 64 hex digits each.
#[derive(Clone, Default)]
pub struct CursorKeys {
    /// Seals, and opens what it sealed: `IFS_CURSOR_KEY`.
    pub seals: Option<String>,
    /// Opens only: `IFS_CURSOR_KEY_OTHER`, while keys are changed.
    pub opens: Option<String>,
}

/// A key.
#[derive(Clone)]
struct Key {
    id: [u8; 2],
    bytes: [u8; 32],
}

/// Keys ready to seal and open with.
#[derive(Clone)]
pub(crate) struct Keys {
    seals: Key,
    opens: Option<Key>,
}

/// No key is ever shown.
impl std::fmt::Debug for CursorKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKeys")
    }
}

/// No key is ever shown.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// What a walk counts its students by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    /// A number.
    Int(i64),
    /// A text, in the order of its bytes.
    Text(String),
}

/// A page of a list of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The first.
    First,
    /// By where it begins, by its number, or by a token that is a number.
    Int(i64),
    /// By a token.
    Token(String),
}

/// What a request's filters choose, as far as a cursor holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Before the reform (false) or after; none: both.
    pub new_system: Option<bool>,
    /// Only what was made or changed lately.
    pub incremental: bool,
    /// Of the academic year that begins in this one; 0 where none is asked for.
    pub year: u16,
}

/// For whom a cursor is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whose {
    /// The operation.
    pub operation: OperationId,
    /// The request's filters.
    pub filters: Chosen,
    /// Of the institute's code.
    pub institute: [u8; 6],
    /// Of the walk.
    pub walk: [u8; 8],
}

/// What was sealed.
struct Sealed {
    operation: u8,
    filters: u8,
    year: u16,
    institute: [u8; 6],
    walk: [u8; 8],
    cursor: Cursor,
}

/// Where a walk goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// When the walk began, seconds since 1970 UTC.
    pub began: i64,
    /// It is in the list of those who are there no more.
    pub deleted: bool,
    /// The page with the last unit's first row.
    pub place: Place,
    /// The last unit that is done; none of this list.
    pub unit: Option<Unit>,
}

impl CursorKeys {
    /// Reads the keys.
    ///
    /// # Errors
    /// Says which is missing or weak; never what it is.
    pub(crate) fn read(&self) -> Result<Keys, String> {
        let seals = self.seals.as_deref().ok_or("IFS_CURSOR_KEY is not set: walks need it")?;
        let seals = Key::read("IFS_CURSOR_KEY", seals)?;
        let opens = self.opens.as_deref().filter(|text| !text.is_empty());
        let opens = opens.map(|text| Key::read("IFS_CURSOR_KEY_OTHER", text)).transpose()?;
        Ok(Keys { seals, opens })
    }
}

impl Key {
    fn read(name: &str, text: &str) -> Result<Self, String> {
        let key::Key(bytes) = key::Key::read(name, text)?;
        let digest = Sha256::digest(bytes);
        let id = [digest.first().copied().unwrap_or(0), digest.get(1).copied().unwrap_or(0)];
        Ok(Self { id, bytes })
    }

    fn cipher(&self) -> Aes128Siv {
        Aes128Siv::new(&self.bytes.into())
    }
}

impl Chosen {
    /// One number for them, but for the year.
    fn number(self) -> u8 {
        let system: u8 = match self.new_system {
            None => 0,
            Some(false) => 1,
            Some(true) => 2,
        };
        system << 1 | u8::from(self.incremental)
    }
}

impl Whose {
    /// What of an operation's walk and its filters is bound to a cursor.
    pub fn new(operation: OperationId, filters: Chosen, institute: &str, walk: &str) -> Self {
        let (mut code, mut definition) = ([0; 6], [0; 8]);
        for (part, text) in [(&mut code[..], institute), (&mut definition[..], walk)] {
            part.iter_mut().zip(Sha256::digest(text.as_bytes())).for_each(|(to, byte)| *to = byte);
        }
        Self { operation, filters, institute: code, walk: definition }
    }
}

impl Cursor {
    /// Seals it.
    ///
    /// # Errors
    /// [`Code::LimitCursor`] if it does not fit.
    pub fn seal(&self, keys: &Keys, whose: Whose) -> Result<String, Code> {
        let mut plain = vec![whose.operation as u8, whose.filters.number()];
        plain.extend(whose.institute);
        plain.extend(whose.walk);
        plain.extend(self.began.to_be_bytes());
        plain.push(u8::from(self.deleted));
        write(&mut plain, &self.place, self.unit.as_ref())?;
        // Only operations that are asked for a year have one.
        if whose.filters.year > 0 {
            plain.extend(whose.filters.year.to_be_bytes());
        }
        let whole = OPEN.saturating_add(IV).saturating_add(plain.len());
        let whole = u16::try_from(whole).map_err(|_| Code::LimitCursor)?;
        let [id, rest] = keys.seals.id;
        let [high, low] = whole.to_be_bytes();
        let open = [FORM, id, rest, high, low];
        let vector = keys.seals.cipher().encrypt_inout_detached([&open], plain.as_mut_slice().into());
        let vector = vector.map_err(|_| Code::LimitCursor)?;
        let sealed = base64::write(open.into_iter().chain(vector).chain(plain));
        if sealed.len() > MOST { Err(Code::LimitCursor) } else { Ok(sealed) }
    }

    /// Opens one that a request brings.
    ///
    /// # Errors
    /// Why it is none of this request's.
    pub fn open(text: &str, keys: &Keys, whose: Whose, now: i64) -> Result<Self, Code> {
        let sealed = Sealed::open(text, keys)?;
        match sealed.refused(whose, now) {
            Some(code) => Err(code),
            None => Ok(sealed.cursor),
        }
    }
}

impl Sealed {
    /// What is inside, for whomever it is.
    fn open(text: &str, keys: &Keys) -> Result<Self, Code> {
        let bytes = base64::read(text).ok_or(Code::CursorAltered)?;
        let Some((open, rest)) = bytes.split_first_chunk::<OPEN>() else { return Err(Code::CursorCut) };
        let [form, id, second, high, low] = *open;
        if form != FORM {
            return Err(Code::CursorForm);
        }
        if usize::from(u16::from_be_bytes([high, low])) != bytes.len() {
            return Err(Code::CursorCut);
        }
        let key = [Some(&keys.seals), keys.opens.as_ref()].into_iter().flatten().find(|key| key.id == [id, second]);
        let key = key.ok_or(Code::CursorKey)?;
        let Some((vector, sealed)) = rest.split_first_chunk::<IV>() else { return Err(Code::CursorCut) };
        let mut plain = sealed.to_vec();
        key.cipher()
            .decrypt_inout_detached([open], plain.as_mut_slice().into(), &(*vector).into())
            .map_err(|_| Code::CursorAltered)?;
        // What was sealed is whole: a part that is missing is of another form.
        Self::read(&plain).ok_or(Code::CursorForm)
    }

    fn read(plain: &[u8]) -> Option<Self> {
        let mut rest = Rest(plain);
        let [operation, filters] = *rest.take()?;
        let (institute, walk) = (*rest.take::<6>()?, *rest.take::<8>()?);
        let began = i64::from_be_bytes(*rest.take()?);
        let [deleted] = *rest.take()?;
        let (place, unit) = rest.place()?;
        let year = rest.take().map_or(0, |year| u16::from_be_bytes(*year));
        let cursor = Cursor { began, deleted: deleted == 1, place, unit };
        Some(Self { operation, filters, year, institute, walk, cursor })
    }

    /// Why it is none of these, if it is none.
    fn refused(&self, whose: Whose, now: i64) -> Option<Code> {
        if self.operation != whose.operation as u8 {
            Some(Code::CursorOperation)
        } else if self.institute != whose.institute {
            Some(Code::CursorInstitute)
        } else if self.walk != whose.walk {
            Some(Code::CursorWalk)
        } else if (self.filters, self.year) != (whose.filters.number(), whose.filters.year) {
            Some(Code::CursorFilters)
        } else if now.saturating_sub(self.cursor.began) > LIFETIME || self.cursor.began.saturating_sub(now) > AHEAD {
            Some(Code::CursorExpired)
        } else {
            None
        }
    }
}

/// Writes where a list is gone on with: a page, and the last unit that is done.
///
/// # Errors
/// [`Code::LimitCursor`] if one of them is too long.
pub(crate) fn write(into: &mut Vec<u8>, place: &Place, unit: Option<&Unit>) -> Result<(), Code> {
    match place {
        Place::First => into.push(0),
        Place::Int(at) => {
            into.push(1);
            into.extend(at.to_be_bytes());
        }
        Place::Token(token) => text(into, 2, token, MOST_TOKEN)?,
    }
    match unit {
        None => into.push(0),
        Some(Unit::Int(unit)) => {
            into.push(1);
            into.extend(unit.to_be_bytes());
        }
        Some(Unit::Text(unit)) => text(into, 2, unit, MOST_UNIT)?,
    }
    Ok(())
}

fn text(into: &mut Vec<u8>, kind: u8, text: &str, most: usize) -> Result<(), Code> {
    let len = u8::try_from(text.len()).ok().filter(|len| usize::from(*len) <= most).ok_or(Code::LimitCursor)?;
    into.extend([kind, len]);
    into.extend(text.bytes());
    Ok(())
}

/// What is left of bytes that are read.
pub(crate) struct Rest<'p>(pub &'p [u8]);

impl<'p> Rest<'p> {
    /// So many bytes.
    pub fn take<const N: usize>(&mut self) -> Option<&'p [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    /// Where a list is gone on with.
    pub fn place(&mut self) -> Option<(Place, Option<Unit>)> {
        let place = match *self.take()? {
            [0] => Place::First,
            [1] => Place::Int(i64::from_be_bytes(*self.take()?)),
            [2] => Place::Token(self.text()?),
            _ => return None,
        };
        let unit = match *self.take()? {
            [0] => None,
            [1] => Some(Unit::Int(i64::from_be_bytes(*self.take()?))),
            [2] => Some(Unit::Text(self.text()?)),
            _ => return None,
        };
        Some((place, unit))
    }

    fn text(&mut self) -> Option<String> {
        let [len] = *self.take()?;
        let (taken, rest) = self.0.split_at_checked(usize::from(len))?;
        self.0 = rest;
        String::from_utf8(taken.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests;
