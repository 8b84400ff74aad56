//! `ifs`: an endpoint that a university has added to the product for the IFS. Assumed: none is known to exist.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Reply;
use super::row::Row;
use crate::population::Population;

/// `chiavi/{key}`: whose tax code has this SHA-256, in lower-case hex; 404 if nobody's has.
pub(crate) fn one(key: &str, population: &Population) -> Reply {
    let found = population.students().iter().find(|student| digest(student.tax_code().as_bytes()) == key);
    found.map_or_else(Reply::absent, |student| {
        let mut body = String::new();
        Row::object(&mut body, |row| {
            row.int("persId", student.person_id).text("codFis", student.tax_code());
        });
        Reply::json(200, body)
    })
}

/// Lower-case hex SHA-256.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
