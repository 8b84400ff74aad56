//! Persons whom the systems' lists of all students leave out for a while: a list that changes under who reads it.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

/// Numbers of persons, shared by all faces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden(Arc<RwLock<BTreeSet<u32>>>);

impl Hidden {
    /// These and no others.
    pub(crate) fn set(&self, persons: BTreeSet<u32>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = persons;
    }

    /// Whether lists have a person.
    pub(crate) fn shows(&self, person: u32) -> bool {
        !self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&person)
    }
}
