//! What several APIs write in the same words.

use crate::Pattern::{AcademicYear, BirthPlace, PersonId, TaxCode};
use crate::schema::{CURSOR, Field, Maker, Object, Quirk, date, object, record, text};

pub(crate) const TAX_CODE: Field = text("tax_code", 16, 16).pattern(TaxCode).personal();
pub(crate) const PERSON_ID: Field = text("person_id", 9, 9).pattern(PersonId).personal();
pub(crate) const KEY: Field = text("key", 64, 64).personal();
pub(crate) const INSTITUTE_CODE: Field = text("institute_code", 1, 256).nullable();
pub(crate) const COURSE_CODE: Field = text("degree_course_code", 1, 20);
pub(crate) const ACADEMIC_YEAR: Field = text("academic_year", 9, 9).pattern(AcademicYear);
pub(crate) const BIRTH_DATE: Field = date("birth_date").nullable().personal().quirk(Quirk::DatePattern);
pub(crate) const BIRTH_PLACE: Field = text("birth_place", 1, 2048).pattern(BirthPlace).nullable().personal();

/// A request about a student by tax code alone, never by key.
pub(crate) const BY_TAX_CODE: &[Field] = &[TAX_CODE.required(), PERSON_ID.nullable()];

/// A request about a student by tax code or key. That one of the two is needed stands in prose only (IFS02.1-I1).
pub(crate) const BY_EITHER: &[Field] = &[TAX_CODE, PERSON_ID.nullable(), KEY, INSTITUTE_CODE];

/// The member of an answer that says whom it is about.
pub(crate) const fn person(object: &'static Object) -> Field {
    record("personal_data", object).personal().made_by(Maker::Person)
}

/// The paging block.
pub(crate) const fn meta() -> Field {
    record("meta", &META).nullable().made_by(Maker::Pages)
}

static META: Object = object("meta", &[CURSOR]);
