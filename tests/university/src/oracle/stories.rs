//! Whole stories of people who have something put right: ask, list, take back, list, take back again, report. What must
//! be answered at each step is worked out from what was asked before, by a model of the office that shares with the office
//! itself no more than how it writes its codes and what it says of a request that was taken back; and so is how many writes it must have received.
//!
//! A story is of one person and one subject, and says nothing of others: stories of different people, and one person's
//! about enrolments and about titles, may be played in any order among each other.

use serde::Serialize;
use serde_json::{Value, json};

use super::bytes;
use crate::office::{Subject, code_of};
use crate::rng::Rng;
use crate::{Population, Student};

/// Words that the answers bring, which are the mapping's and the gateway's to choose.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// A request was taken.
    pub taken: &'static str,
    /// It was not, since one is open.
    pub open: &'static str,
    /// A request that the office says nothing of.
    pub waiting: &'static str,
    /// A request was taken back.
    pub taken_back: &'static str,
    /// It was not.
    pub not_taken_back: &'static str,
    /// A request that is not the person's, or nobody's.
    pub unknown: &'static str,
    /// A report was taken.
    pub reported: &'static str,
}

/// One request of a consumer's, and what must come of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which operation, such as `IFS04.1`.
    pub operation: &'static str,
    /// Its path below the API's.
    pub path: &'static str,
    /// What is sent.
    pub request: Value,
    /// What must be answered, with 200, byte by byte.
    pub answer: Vec<u8>,
    /// How many writes the office must have received for it.
    pub writes: u64,
}

/// A story.
#[derive(Clone, Debug)]
pub struct Story {
    /// Its steps, in order.
    pub steps: Vec<Step>,
}

impl Story {
    /// How many writes the office must have received in the end.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.steps.iter().map(|step| step.writes).sum()
    }
}

/// The stories of the first so many students, about enrolments and about titles. Which way each goes depends on `seed`.
#[must_use]
pub fn stories(population: &Population, students: usize, seed: u64, words: Words) -> Vec<Story> {
    let everybody = population.students();
    let of = |(at, student): (usize, &Student)| {
        let other = everybody.get((at + 1) % everybody.len()).map_or(0, |other| other.person_id);
        [Subject::Enrolment, Subject::Title].map(|subject| {
            let stream = u64::from(student.person_id) * 2 + u64::from(subject == Subject::Title);
            Model { student, other, subject, words, files: Vec::new(), steps: Vec::new() }
                .played(&mut Rng::new(seed, stream))
        })
    };
    everybody.iter().take(students).enumerate().flat_map(of).collect()
}

/// What may be done next.
const MOVES: u32 = 7;

/// A course of the Ministry's table that requests may be about; nothing: about none.
const COURSES: [Option<&str>; 2] = [None, Some("999200")];

struct Model<'m> {
    student: &'m Student,
    /// Somebody else's number.
    other: u32,
    subject: Subject,
    words: Words,
    /// The course of each request that was taken, and whether it is open.
    files: Vec<(Option<&'static str>, bool)>,
    steps: Vec<Step>,
}

/// Outcome of a request, members in the contract's order of declaration.
#[derive(Serialize)]
struct Outcome<'a> {
    response_code: &'a str,
    file_status: Option<&'a str>,
    file_code: Option<&'a str>,
    message: &'a str,
}

#[derive(Serialize)]
struct Listed<'a> {
    file_status: &'a str,
    file_code: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct Reported<'a> {
    file_status: &'a str,
    message: &'a str,
}

impl Model<'_> {
    /// Every story has the moves that matter, and some by chance.
    fn played(mut self, rng: &mut Rng) -> Story {
        self.list(None);
        self.ask(COURSES[0]);
        self.list(None);
        self.take_back(0);
        self.list(None);
        self.take_back(0);
        for _ in 0..rng.below(8) {
            let course = COURSES[usize::from(rng.percent(50))];
            let some = usize::try_from(rng.below(4)).unwrap_or(0);
            match rng.below(MOVES) {
                0 | 1 => self.ask(course),
                2 => self.list(None),
                3 => self.list(Some(some)),
                4 => self.take_back(some),
                5 => self.take_back_anothers(),
                _ => self.report(),
            }
        }
        self.list(None);
        self.report();
        Story { steps: self.steps }
    }

    fn code(&self, at: usize) -> String {
        code_of(self.subject, self.student.person_id, at + 1)
    }

    fn put(
        &mut self,
        [enrolment, title]: [(&'static str, &'static str); 2],
        request: Value,
        answer: Vec<u8>,
        writes: u64,
    ) {
        let (operation, path) = if self.subject == Subject::Title { title } else { enrolment };
        self.steps.push(Step { operation, path, request, answer, writes });
    }

    /// One open request about each course: another is refused by the office, which has received it all the same.
    fn ask(&mut self, course: Option<&'static str>) {
        let nth = self.steps.len();
        let mut request = json!({
            "tax_code": self.student.tax_code(),
            "reason": "Dato errato",
            "request": format!("L'anno è sbagliato: \"{nth}\"; <corretto> a=b"),
        });
        if let Some(course) = course {
            request["degree_course_code"] = course.into();
        }
        let open = self.files.iter().any(|(of, open)| *of == course && *open);
        let code = self.code(self.files.len());
        let outcome = if open {
            Outcome { response_code: "rejected", file_status: None, file_code: None, message: self.words.open }
        } else {
            let (status, code) = (Some("acquired"), Some(code.as_str()));
            Outcome { response_code: "approved", file_status: status, file_code: code, message: self.words.taken }
        };
        let answer = bytes(&outcome);
        if !open {
            self.files.push((course, true));
        }
        let paths =
            [("IFS04.1", "/academic-enrollment-change-request"), ("IFS05.1", "/academic-qualification-change-request")];
        self.put(paths, request, answer, 1);
    }

    /// All requests, or the one of a place; a place that has none is answered by none.
    fn list(&mut self, only: Option<usize>) {
        let mut request = json!({ "tax_code": self.student.tax_code() });
        if let Some(only) = only {
            request["file_code"] = self.code(only).into();
        }
        let wanted = self.files.iter().enumerate().filter(|(at, _)| only.is_none_or(|only| only == *at));
        let item = |(at, (_, open)): (usize, &(Option<&str>, bool))| {
            let (file_status, message) =
                if *open { ("acquired", self.words.waiting) } else { ("cancelled", crate::office::TAKEN_BACK) };
            bytes(&Listed { file_status, file_code: &self.code(at), message })
        };
        let mut items: Vec<Vec<u8>> = wanted.map(item).collect();
        items.sort();
        let name = if self.subject == Subject::Title { "change_requests_status" } else { "enrollment_change_request" };
        let answer = [format!("{{\"{name}\":[").as_bytes(), &items.join(b",".as_slice()), b"]}"].concat();
        let paths = [
            ("IFS04.2", "/academic-enrollment-change-request-status"),
            ("IFS05.2", "/academic-qualification-change-request-status"),
        ];
        self.put(paths, request, answer, 0);
    }

    /// What is open becomes cancelled; what is not keeps its state, and nothing is sent; what is not there has none.
    fn take_back(&mut self, at: usize) {
        let code = self.code(at);
        let words = self.words;
        let (response_code, file_status, message, writes) = match self.files.get_mut(at) {
            Some((_, open @ true)) => {
                *open = false;
                ("approved", Some("cancelled"), words.taken_back, 1)
            }
            Some(_) => ("rejected", Some("cancelled"), words.not_taken_back, 0),
            None => ("rejected", None, words.unknown, 0),
        };
        self.taken_back(&code, Outcome { response_code, file_status, file_code: Some(&code), message }, writes);
    }

    /// Somebody else's request: the same words as for one that nobody has, and nothing is sent.
    fn take_back_anothers(&mut self) {
        let code = code_of(self.subject, self.other, 1);
        let message = self.words.unknown;
        self.taken_back(
            &code,
            Outcome { response_code: "rejected", file_status: None, file_code: Some(&code), message },
            0,
        );
    }

    fn taken_back(&mut self, code: &str, outcome: Outcome<'_>, writes: u64) {
        let request = json!({ "tax_code": self.student.tax_code(), "file_code": code });
        let paths = [
            ("IFS04.3", "/academic-enrollment-change-request-cancellation"),
            ("IFS05.3", "/academic-qualification-change-request-cancellation"),
        ];
        self.put(paths, request, bytes(&outcome), writes);
    }

    /// No two reports are the same: the same one twice would be a repeat.
    fn report(&mut self) {
        let request = json!({
            "subscriber_id": "anis",
            "subscriber_name": "ANIS",
            "subscriber_message": format!("Segnalazione {}", self.steps.len()),
            "personal_data": { "tax_code": self.student.tax_code() },
        });
        let answer = bytes(&Reported { file_status: "acquired", message: self.words.reported });
        self.put(
            [("IFS04.4", "/enrollments-issues"), ("IFS05.4", "/academic-qualifications-issues")],
            request,
            answer,
            1,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Words = Words {
        taken: "t",
        open: "o",
        waiting: "w",
        taken_back: "b",
        not_taken_back: "n",
        unknown: "u",
        reported: "r",
    };

    #[test]
    fn the_beginning_of_a_story() {
        let population = Population::generate(2, 12, crate::DEFAULT_TODAY);
        let stories = stories(&population, 12, 1, WORDS);
        assert_eq!(stories.len(), 24);
        let person = population.students()[0].person_id;
        let said: Vec<&str> =
            stories[0].steps.iter().take(6).map(|step| std::str::from_utf8(&step.answer).unwrap()).collect();
        let code = format!("ISCR-{person}-1");
        let listed = |inner: &str| format!(r#"{{"enrollment_change_request":[{inner}]}}"#);
        let expected = [
            listed(""),
            format!(r#"{{"response_code":"approved","file_status":"acquired","file_code":"{code}","message":"t"}}"#),
            listed(&format!(r#"{{"file_status":"acquired","file_code":"{code}","message":"w"}}"#)),
            format!(r#"{{"response_code":"approved","file_status":"cancelled","file_code":"{code}","message":"b"}}"#),
            listed(&format!(
                r#"{{"file_status":"cancelled","file_code":"{code}","message":"Annullata dal richiedente"}}"#
            )),
            format!(r#"{{"response_code":"rejected","file_status":"cancelled","file_code":"{code}","message":"n"}}"#),
        ];
        assert_eq!(said, expected);
        let kinds = |wanted: &str| stories.iter().flat_map(|s| &s.steps).filter(|s| s.operation == wanted).count();
        assert!(
            ["IFS04.1", "IFS04.2", "IFS04.3", "IFS04.4", "IFS05.1", "IFS05.4"].iter().all(|name| kinds(name) >= 12)
        );
        let all: Vec<&Step> = stories.iter().flat_map(|s| &s.steps).collect();
        let has = |text: &str| all.iter().any(|step| String::from_utf8_lossy(&step.answer).contains(text));
        assert!(has(r#""message":"o""#) && has(r#""message":"u""#), "the seed shows a second request and another's");
        assert!(stories.iter().all(|story| story.writes() >= 3));
    }
}
