//! What is known of an index as a whole: which generation is complete, and how far the next one is.

use crate::cursor::{self, Place, Rest, Unit};
use crate::problem::Code;

/// The form of a record.
const FORM: u8 = 1;

/// Which lists an index is made of, and how they are walked.
pub(crate) type Definition = [u8; 16];

/// An index as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// What it is made of.
    pub definition: Definition,
    /// The set of shards with the complete generation, 0 or 1; the next one is made in the other.
    pub set: u8,
    /// Until when nothing is asked, as something has failed.
    pub until: u64,
    /// Times it failed, one after another.
    pub failures: u32,
    /// The generation that has all students.
    pub complete: Option<Complete>,
    /// The one that is being made.
    pub build: Option<Build>,
}

/// A generation that has all students.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Complete {
    /// When it was begun, which names it.
    pub generation: u64,
    /// When it was complete.
    pub ended: u64,
    /// How many students it has.
    pub students: u32,
    /// Rows without a tax code.
    pub left_out: u32,
}

/// A generation that is being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Build {
    /// When it was begun, which names it.
    pub generation: u64,
    /// How many students it has.
    pub students: u32,
    /// Rows without a tax code.
    pub left_out: u32,
    /// Pages that were read for it.
    pub pages: u32,
    /// The list that it is in.
    pub list: u8,
    /// The page that is next.
    pub place: Place,
    /// The unit that was met last.
    pub after: Option<Unit>,
    /// The last page, as a digest.
    pub page: [u8; 8],
}

impl Build {
    /// One that begins.
    pub fn new(generation: u64) -> Self {
        Self { generation, students: 0, left_out: 0, pages: 0, list: 0, place: Place::First, after: None, page: [0; 8] }
    }
}

impl Record {
    /// An index of which nothing is known.
    pub fn new(definition: Definition) -> Self {
        Self { definition, ..Self::default() }
    }

    /// Reads one; none if it is none, or of other lists.
    pub fn read(bytes: &[u8], definition: Definition) -> Option<Self> {
        let mut rest = Rest(bytes);
        let ([FORM], of, [set]) = (*rest.take()?, *rest.take()?, *rest.take()?) else { return None };
        let (until, failures) = (u64::from_le_bytes(*rest.take()?), u32::from_le_bytes(*rest.take()?));
        let complete = match *rest.take()? {
            [0] => None,
            [_] => Some(Complete {
                generation: u64::from_le_bytes(*rest.take()?),
                ended: u64::from_le_bytes(*rest.take()?),
                students: u32::from_le_bytes(*rest.take()?),
                left_out: u32::from_le_bytes(*rest.take()?),
            }),
        };
        let build = match *rest.take()? {
            [0] => None,
            [_] => {
                let generation = u64::from_le_bytes(*rest.take()?);
                let (students, left_out) = (u32::from_le_bytes(*rest.take()?), u32::from_le_bytes(*rest.take()?));
                let (pages, [list]) = (u32::from_le_bytes(*rest.take()?), *rest.take()?);
                let page = *rest.take()?;
                let (place, after) = rest.place()?;
                Some(Build { generation, students, left_out, pages, list, place, after, page })
            }
        };
        (of == definition && set < 2).then_some(Self { definition, set, until, failures, complete, build })
    }

    /// As it is kept.
    ///
    /// # Errors
    /// [`Code::LimitCursor`] if a token or a unit is too long.
    pub fn bytes(&self) -> Result<Vec<u8>, Code> {
        let mut bytes = vec![FORM];
        bytes.extend(self.definition);
        bytes.push(self.set);
        bytes.extend(self.until.to_le_bytes());
        bytes.extend(self.failures.to_le_bytes());
        bytes.push(u8::from(self.complete.is_some()));
        if let Some(Complete { generation, ended, students, left_out }) = self.complete {
            bytes.extend([generation.to_le_bytes(), ended.to_le_bytes()].concat());
            bytes.extend([students.to_le_bytes(), left_out.to_le_bytes()].concat());
        }
        bytes.push(u8::from(self.build.is_some()));
        if let Some(build) = &self.build {
            bytes.extend(build.generation.to_le_bytes());
            for number in [build.students, build.left_out, build.pages] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.push(build.list);
            bytes.extend(build.page);
            cursor::write(&mut bytes, &build.place, build.after.as_ref())?;
        }
        Ok(bytes)
    }

    /// The set that a generation stands in.
    pub fn other(&self) -> u8 {
        1_u8.saturating_sub(self.set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_what_it_was() {
        let definition = [7; 16];
        let complete = Complete { generation: 1_000, ended: 2_000, students: 30_000, left_out: 3 };
        let builds = [
            Build::new(5),
            Build { place: Place::Int(-1), after: Some(Unit::Int(9)), pages: 3, list: 2, ..Build::new(6) },
            Build {
                place: Place::Token("t".repeat(255)),
                after: Some(Unit::Text("RSSMRA80A01F205X".to_owned())),
                students: 9,
                left_out: 1,
                page: [1; 8],
                ..Build::new(7)
            },
        ];
        let mut records = vec![Record::new(definition)];
        for complete in [None, Some(complete)] {
            for build in builds.iter().cloned().map(Some).chain([None]) {
                records.push(Record { set: 1, until: 9, failures: 2, complete, build, definition });
            }
        }
        for record in records {
            let bytes = record.bytes().unwrap();
            assert_eq!(Record::read(&bytes, definition).as_ref(), Some(&record));
            assert_eq!(Record::read(&bytes, [8; 16]), None, "it is of other lists");
            for cut in 0..bytes.len() {
                assert_eq!(Record::read(bytes.get(..cut).unwrap(), definition), None);
            }
        }
    }

    #[test]
    fn what_is_too_long_is_not_kept() {
        let build = Build { place: Place::Token("t".repeat(256)), ..Build::new(7) };
        let record = Record { build: Some(build), ..Record::new([0; 16]) };
        assert_eq!(record.bytes(), Err(Code::LimitCursor));
    }
}
