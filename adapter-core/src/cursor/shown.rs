//! What a cursor holds, for a person at a desk who has the key. Behind the feature `explain`.

use super::{AHEAD, Chosen, CursorKeys, LIFETIME, Place, Sealed, Unit, Whose};
use crate::bundle::Bundle;
use crate::contract::OperationId;
use crate::problem::Code;

/// Why a cursor cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// The keys are no good; in words.
    Keys(String),
    /// The cursor is refused.
    Cursor(Code),
}

/// A cursor that could be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The operation.
    pub operation: OperationId,
    /// Only one system of degrees: that of before the reform (false), or after.
    pub new_system: Option<bool>,
    /// Only what was made or changed lately.
    pub incremental: bool,
    /// Of the academic year that begins in this one, if one is asked for.
    pub year: Option<u16>,
    /// When the walk began, seconds since 1970 UTC.
    pub began: i64,
    /// Until when it may be used.
    pub until: i64,
    /// It is in the list of those who are there no more.
    pub deleted: bool,
    /// The page it goes on with: none is the list's first.
    pub page: Option<Held>,
    /// The last unit that is done: none of the list.
    pub unit: Option<Held>,
    /// Of what it is in a mapping, if one was given: the walk's name.
    pub walk: Option<String>,
    /// Why it is refused, by that mapping or by the time. Filters are the request's: they refuse nothing here.
    pub refused: Option<Code>,
}

/// A value of the system's, which may be somebody's.
#[derive(Clone, PartialEq, Eq)]
pub enum Held {
    /// A number.
    Int(i64),
    /// A text.
    Text(String),
}

/// What a value is, without the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Described {
    /// A number.
    Number,
    /// A text of so many bytes.
    Text(usize),
}

impl Held {
    /// What it is.
    pub fn described(&self) -> Described {
        match self {
            Self::Int(_) => Described::Number,
            Self::Text(text) => Described::Text(text.len()),
        }
    }
}

/// Somebody's value is not printed by chance.
impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.described().fmt(f)
    }
}

/// Opens a cursor, whomever it is for, and holds it against a mapping where one is given.
///
/// # Errors
/// Why it cannot be opened.
pub fn describe(text: &str, keys: &CursorKeys, bundle: Option<&Bundle>, now: i64) -> Result<Shown, Unopened> {
    let keys = keys.read().map_err(Unopened::Keys)?;
    let sealed = Sealed::open(text, &keys).map_err(Unopened::Cursor)?;
    let number = usize::from(sealed.operation);
    let operation = OperationId::ALL.get(number).copied().ok_or(Unopened::Cursor(Code::CursorForm))?;
    let filters = chosen(sealed.filters, sealed.year).ok_or(Unopened::Cursor(Code::CursorForm))?;
    let of_mapping = bundle.map(|bundle| {
        let walks = bundle.walks.iter().chain(&bundle.rows);
        let walk = walks.into_iter().find(|(name, _)| name == operation.name()).map(|(_, walk)| walk);
        let digest = walk.map(|walk| walk.digest.as_str());
        let whose = Whose::new(operation, filters, &bundle.institute.code, digest.unwrap_or_default());
        (walk.map(|walk| walk.name.clone()), sealed.refused(whose, now))
    });
    let (walk, refused) = match of_mapping {
        Some(of_mapping) => of_mapping,
        None => {
            let began = sealed.cursor.began;
            let expired = now.saturating_sub(began) > LIFETIME || began.saturating_sub(now) > AHEAD;
            (None, expired.then_some(Code::CursorExpired))
        }
    };
    let cursor = sealed.cursor;
    Ok(Shown {
        operation,
        new_system: filters.new_system,
        incremental: filters.incremental,
        year: Some(filters.year).filter(|year| *year > 0),
        began: cursor.began,
        until: cursor.began.saturating_add(LIFETIME),
        deleted: cursor.deleted,
        page: match cursor.place {
            Place::First => None,
            Place::Int(at) => Some(Held::Int(at)),
            Place::Token(token) => Some(Held::Text(token)),
        },
        unit: cursor.unit.map(|unit| match unit {
            Unit::Int(unit) => Held::Int(unit),
            Unit::Text(unit) => Held::Text(unit),
        }),
        walk,
        refused,
    })
}

/// The filters of a number, and the year.
fn chosen(number: u8, year: u16) -> Option<Chosen> {
    let systems = [None, Some(false), Some(true)];
    let all = systems
        .into_iter()
        .flat_map(|new_system| [false, true].map(|incremental| Chosen { new_system, incremental, year }));
    all.into_iter().find(|chosen| chosen.number() == number)
}
