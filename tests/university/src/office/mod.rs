//! The office that takes what people ask to be put right: the one part of the university that calls change.
//!
//! It has rules of its own and says no where they are broken. It never looks whether it has seen a request before: what
//! is written twice is there twice, so that a gateway that repeats itself shows. And it counts what it receives by the
//! reference that a caller gives, whatever becomes of it.

pub(crate) mod rest;
pub(crate) mod soap;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Population, Student};

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// An enrolment: `ISCR`.
    Enrolment,
    /// A title: `TIT`.
    Title,
}

impl Subject {
    /// As the systems write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Enrolment => "ISCR",
            Self::Title => "TIT",
        }
    }

    fn read(code: &str) -> Option<Self> {
        [Self::Enrolment, Self::Title].into_iter().find(|subject| subject.code() == code)
    }
}

/// What has become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Taken, and nobody has decided.
    Taken,
    /// Granted.
    Granted,
    /// Refused by the office, after it was taken.
    Refused,
    /// Taken back by the person.
    TakenBack,
}

impl State {
    /// As the systems write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Taken => "ACQ",
            Self::Granted => "ACC",
            Self::Refused => "RIF",
            Self::TakenBack => "ANN",
        }
    }
}

/// Why the office does not take what it is sent, or does not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody is known by that number or tax code: `E01`.
    Nobody,
    /// A request of the person's about the same course is open: `E02`.
    Open,
    /// There is no such request: `E03`.
    Absent,
    /// The request is not open any more: `E04`.
    Closed,
    /// Nothing is said: `E05`.
    Empty,
}

impl Refusal {
    /// As the systems write it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Nobody => "E01",
            Self::Open => "E02",
            Self::Absent => "E03",
            Self::Closed => "E04",
            Self::Empty => "E05",
        }
    }
}

/// A request that the office has taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Filed {
    /// Its code.
    pub id: String,
    /// Whose it is, by tax code.
    pub tax_code: String,
    /// What it is about.
    pub subject: Subject,
    /// The course it names.
    pub course: Option<String>,
    /// What is asked, in the words that arrived.
    pub text: String,
    /// The caller's reference.
    pub reference: Option<String>,
    /// What has become of it.
    pub state: State,
    /// What the office says of it.
    pub note: Option<String>,
}

/// A report that the office has taken.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// Its code.
    pub id: String,
    /// What it is about.
    pub subject: Subject,
    /// What is reported, in the words that arrived.
    pub text: String,
    /// The caller's reference.
    pub reference: Option<String>,
}

/// What is asked for.
pub(crate) struct Petition<'a> {
    pub(crate) subject: Subject,
    pub(crate) course: Option<&'a str>,
    pub(crate) text: String,
    pub(crate) reference: Option<&'a str>,
}

/// What the office says of a request that was taken back.
pub const TAKEN_BACK: &str = "Annullata dal richiedente";

/// Everything that was written.
#[derive(Default)]
struct Books {
    filed: Vec<Filed>,
    tickets: Vec<Ticket>,
    /// Writes received, by the reference they bring; those without one under an empty text.
    received: BTreeMap<String, u64>,
}

/// The office, shared by the systems through which it is reached.
pub(crate) struct Office {
    population: Arc<Population>,
    books: Mutex<Books>,
}

impl Office {
    pub(crate) fn new(population: &Arc<Population>) -> Self {
        Self { population: Arc::clone(population), books: Mutex::default() }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *self.books() = Books::default();
    }

    /// Takes a request of a person's. Its code tells whose and the how-manieth of its kind it is, so that it does not depend
    /// on what others ask meanwhile.
    pub(crate) fn file(&self, who: Option<&Student>, petition: Petition<'_>) -> Result<String, Refusal> {
        let mut books = self.books();
        books.count(petition.reference);
        let student = who.ok_or(Refusal::Nobody)?;
        let tax_code = student.tax_code();
        let own = |filed: &&Filed| filed.tax_code == tax_code && filed.subject == petition.subject;
        let open = |filed: &Filed| filed.state == State::Taken && filed.course.as_deref() == petition.course;
        if books.filed.iter().filter(own).any(open) {
            return Err(Refusal::Open);
        }
        if petition.text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        let nth = books.filed.iter().filter(own).count() + 1;
        let id = code_of(petition.subject, student.person_id, nth);
        books.filed.push(Filed {
            id: id.clone(),
            tax_code: tax_code.to_owned(),
            subject: petition.subject,
            course: petition.course.map(str::to_owned),
            text: petition.text,
            reference: petition.reference.map(str::to_owned),
            state: State::Taken,
            note: None,
        });
        Ok(id)
    }

    /// Takes a request back.
    pub(crate) fn take_back(&self, id: &str, reference: Option<&str>) -> Result<(), Refusal> {
        let mut books = self.books();
        books.count(reference);
        let filed = books.filed.iter_mut().find(|filed| filed.id == id).ok_or(Refusal::Absent)?;
        if filed.state != State::Taken {
            return Err(Refusal::Closed);
        }
        filed.state = State::TakenBack;
        filed.note = Some(TAKEN_BACK.to_owned());
        Ok(())
    }

    /// Takes a report, about whomever.
    pub(crate) fn report(&self, petition: Petition<'_>) -> Result<String, Refusal> {
        let mut books = self.books();
        books.count(petition.reference);
        if petition.text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        let id = format!("S-{:06}", books.tickets.len() + 1);
        books.tickets.push(Ticket {
            id: id.clone(),
            subject: petition.subject,
            text: petition.text,
            reference: petition.reference.map(str::to_owned),
        });
        Ok(id)
    }

    /// Decides a request, as its people would.
    pub(crate) fn decide(&self, id: &str, state: State, note: &str) -> bool {
        let mut books = self.books();
        let Some(filed) = books.filed.iter_mut().find(|filed| filed.id == id) else { return false };
        (filed.state, filed.note) = (state, Some(note.to_owned()));
        true
    }

    pub(crate) fn filed(&self, wanted: impl Fn(&Filed) -> bool) -> Vec<Filed> {
        self.books().filed.iter().filter(|filed| wanted(filed)).cloned().collect()
    }

    pub(crate) fn tickets(&self, wanted: impl Fn(&Ticket) -> bool) -> Vec<Ticket> {
        self.books().tickets.iter().filter(|ticket| wanted(ticket)).cloned().collect()
    }

    pub(crate) fn received(&self) -> BTreeMap<String, u64> {
        self.books().received.clone()
    }

    fn by_person_id(&self, number: &str) -> Option<&Student> {
        self.population.by_person_id(number.parse().ok()?)
    }

    fn by_tax_code(&self, tax_code: &str) -> Option<&Student> {
        self.population.by_tax_code(tax_code)
    }
}

impl Books {
    fn count(&mut self, reference: Option<&str>) {
        *self.received.entry(reference.unwrap_or_default().to_owned()).or_default() += 1;
    }
}

/// The code of a person's `nth` request about a subject.
#[must_use]
pub fn code_of(subject: Subject, person_id: u32, nth: usize) -> String {
    format!("{}-{person_id}-{nth}", subject.code())
}
