//! The careers of the rare kinds: how they began, titles, the old system, transcripts.

use time::{Date, Month};

use super::{Builder, with_last};
use crate::catalogue::{Catalogue, course};
use crate::kinds::Kind;
use crate::population::{Book, Career, CareerState, Enrolment, FinalMark, Record, Status, Title};
use crate::rng::Rng;

impl Builder {
    /// The careers of a student of a rare kind.
    pub(super) fn rare(&mut self, kind: Kind, rng: &mut Rng) -> Vec<Career> {
        let now = self.current;
        match kind {
            Kind::TransferredIn
            | Kind::Late
            | Kind::ActiveLongAgo
            | Kind::NeverActive
            | Kind::NoDuration
            | Kind::ShortCourses
            | Kind::NoBeginning
            | Kind::BegunTwice
            | Kind::ActiveNextYear
            | Kind::AdmittedAhead
            | Kind::SexUnknown => self.enrolled(kind),
            Kind::OldLate => vec![self.plain(course::OLD_CODED, now - 31, now)],
            // Twice in the same course.
            Kind::OldLateElsewhere => [course::OLD_UNCODED; 2].map(|old| self.plain(old, now - 29, now)).into(),
            Kind::OldLateUntyped => vec![self.plain(course::OLD_UNTYPED, now - 27, now)],
            Kind::OldTitle => vec![self.old_title(course::OLD_CODED, now - 31)],
            Kind::OldTitleUncoded => vec![self.old_title(course::OLD_UNCODED, now - 33)],
            Kind::OldTitleUntyped => vec![self.old_title(course::OLD_UNTYPED, now - 29)],
            _ => self.titled(kind, rng),
        }
    }

    fn enrolled(&mut self, kind: Kind) -> Vec<Career> {
        let now = self.current;
        match kind {
            Kind::Late => return vec![self.plain(21, now - 5, now)],
            Kind::AdmittedAhead => return vec![self.plain(34, now + 1, now + 1)],
            Kind::ActiveLongAgo => {
                let mut career = self.plain(22, now - 4, now);
                career.years.iter_mut().skip(2).for_each(|row| row.status = Status::Suspended);
                return vec![career];
            }
            Kind::ShortCourses => {
                let courses = [(120, 6), (122, 18)].map(|(master, months)| {
                    let mut career = self.plain(master, now - 1, now - 1);
                    career.years.iter_mut().for_each(|row| row.months = Some(months));
                    career
                });
                return courses.into();
            }
            Kind::BegunTwice => {
                let first = with_last(self.plain(23, now - 2, now), |row| row.status = Status::Cancelled);
                let mut again = self.plain(23, now - 2, now);
                // In the same cohort, as whose plan they go on with, and still in the year in which they left.
                again.years.retain(|row| row.year == Some(now));
                again.begun = Some(now);
                return vec![Career { state: CareerState::Withdrawn, ..first }, again];
            }
            _ => {}
        }
        let mut career = self.plain(20, now - 2, now);
        match kind {
            Kind::TransferredIn => {
                // The second year of the cohort before, and the third.
                career.years.remove(0);
                (career.begun, career.first) = (Some(now - 1), now - 4);
                vec![career]
            }
            Kind::NeverActive => {
                career.years.iter_mut().for_each(|row| row.status = Status::Suspended);
                vec![career]
            }
            Kind::NoDuration => {
                career.years.iter_mut().for_each(|row| row.months = None);
                vec![career]
            }
            Kind::NoBeginning => {
                career.begun = None;
                vec![career]
            }
            Kind::ActiveNextYear => {
                let mut career = with_last(career, |row| row.status = Status::Suspended);
                let next = career.years.last().map(|row| Enrolment {
                    id: self.row_number(),
                    year: Some(now + 1),
                    status: Status::Active,
                    ..*row
                });
                career.years.extend(next);
                vec![career]
            }
            Kind::SexUnknown => vec![career, self.plain(course::LONELY, now, now)],
            _ => vec![career],
        }
    }

    /// Kinds that are about a title, or what stands behind it.
    fn titled(&mut self, kind: Kind, rng: &mut Rng) -> Vec<Career> {
        let now = self.current;
        let mut of = |course: usize| {
            let duration = u16::from(Catalogue::get().courses[course].duration);
            self.graduated(course, now - 1 - duration, now - 2, rng)
        };
        let marked = |career: Career, mark: FinalMark| done(career, |record| record.1 = mark);
        match kind {
            Kind::MarkMissing => vec![marked(of(24), FinalMark::Missing)],
            Kind::MarkQualified => vec![marked(of(120), FinalMark::Qualified)],
            Kind::MarkLetter => vec![marked(of(course::DOCTORATES.start), FinalMark::Letter("A"))],
            Kind::MarkDecimal => vec![marked(of(25), FinalMark::Tenths(1045))],
            Kind::TitleUndated => {
                let career = done(of(26), |record| record.0 = None);
                vec![retitled(career, |title| title.closed = None)]
            }
            Kind::TitleUnnamed => vec![of(course::UNNAMED)],
            Kind::TitleNotListed => vec![of(course::NOT_LISTED)],
            Kind::TitleUntyped => vec![of(course::NO_PROGRAMME_TYPE)],
            Kind::TitleLongCode => vec![of(course::CODE_TOO_LONG)],
            Kind::JointOurs => vec![of(course::JOINT[0])],
            Kind::JointTheirs => vec![of(course::JOINT[1])],
            Kind::JointUnsaid => vec![of(course::JOINT_UNSAID)],
            Kind::TitleTwice => {
                let first = of(17);
                let second = Career { state: first.state, ..of(17) };
                vec![first, second]
            }
            Kind::TwoTitlesOneDay => {
                // The greater code comes first.
                let first = of(61);
                let second = Career { state: first.state, ..of(18) };
                vec![first, second]
            }
            Kind::NoThesis => vec![retitled(of(27), |title| title.record = Record::Missing)],
            Kind::ThesisOpen => vec![retitled(of(28), |title| title.record = Record::Open)],
            Kind::ThesisAgain => vec![retitled(of(29), |title| {
                if let Record::Done { again, mark, .. } = &mut title.record {
                    (*again, *mark) = (true, FinalMark::Honours);
                }
            })],
            Kind::TitleWithoutYears => {
                let mut career = of(30);
                career.years.clear();
                vec![career]
            }
            Kind::TitleLongClass => vec![of(course::LONG_CLASS)],
            Kind::EmptyBook => vec![Career { book: Book::Empty, ..of(31) }],
            Kind::AwkwardBook => vec![Career { book: Book::Awkward, ..of(32) }],
            Kind::EndlessBook => vec![Career { book: Book::Endless, ..of(33) }],
            _ => Vec::new(),
        }
    }

    /// A degree of the old system, awarded within its years.
    fn old_title(&mut self, course: usize, cohort: u16) -> Career {
        let mut career = self.plain(course, cohort, cohort + 3);
        let day = Date::from_calendar_date(i32::from(cohort) + 4, Month::March, 12).ok();
        let record = Record::Done { awarded: day, mark: FinalMark::Tenths(1010), again: false };
        career.state = CareerState::Graduated(Title { closed: day, record });
        // Nobody typed in examinations on paper.
        career.book = Book::Empty;
        career
    }
}

fn retitled(mut career: Career, change: impl FnOnce(&mut Title)) -> Career {
    if let CareerState::Graduated(title) = &mut career.state {
        change(title);
    }
    career
}

/// Changes day and mark of a finished record.
fn done(career: Career, change: impl FnOnce(&mut (Option<Date>, FinalMark))) -> Career {
    retitled(career, |title| {
        if let Record::Done { awarded, mark, .. } = &mut title.record {
            let mut record = (*awarded, *mark);
            change(&mut record);
            (*awarded, *mark) = record;
        }
    })
}
