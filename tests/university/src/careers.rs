//! The careers that each kind of student has.

use time::{Date, Month};

use crate::academic_year_of;
use crate::catalogue::{Catalogue, SITE_WITHOUT_TOWN, course};
use crate::kinds::Kind;
use crate::population::{
    Book, Career, CareerState, Enrolment, FIRST_CAREER, FinalMark, NamedClass, Record, Status, Title,
};
use crate::rng::Rng;

mod rare;

/// Gives out careers and rows with numbers of their own.
pub(crate) struct Builder {
    current: u16,
    next_career: u32,
    next_row: u32,
}

impl Builder {
    /// A builder for a population whose current academic year is that of `today`.
    pub(crate) fn new(today: Date) -> Self {
        Self { current: academic_year_of(today), next_career: FIRST_CAREER, next_row: 700_001 }
    }

    /// The current academic year.
    pub(crate) fn current(&self) -> u16 {
        self.current
    }

    /// The careers of a student of a kind.
    pub(crate) fn careers(&mut self, kind: Kind, born: Date, rng: &mut Rng) -> Vec<Career> {
        let now = self.current;
        match kind {
            Kind::NoCareers => Vec::new(),
            Kind::NoEnrolments => {
                let course = plain_course(rng);
                vec![self.career(course, now - 1, Vec::new())]
            }
            Kind::Ordinary | Kind::BornAbroad | Kind::Omocodia | Kind::MarkedName => vec![self.ordinary(born, rng)],
            Kind::TwoCareers => vec![
                self.graduated(first_level(rng), now - 4, now - 2, rng),
                self.plain(*rng.pick(&second_level()), now - 1, now),
            ],
            Kind::JointDegree => vec![self.plain(*rng.pick(&course::JOINT), now - 1, now)],
            Kind::OutsideWindow => {
                let cohort = now - 5 - rng.below(3) as u16;
                vec![self.plain(first_level(rng), cohort, now - 3)]
            }
            Kind::ClassMissing => {
                let course = course::DOCTORATES.start + rng.below(course::DOCTORATES.len() as u32) as usize;
                vec![self.plain(course, now - 1, now)]
            }
            Kind::FiftyCareers => self.fifty(),
            Kind::HundredRows => vec![self.many_rows(100, rng)],
            Kind::ManyRows => vec![self.many_rows(137, rng)],
            Kind::TieOnStatus => {
                let course = first_level(rng);
                // The row that loses comes first, and its rival is in another answer.
                let (first, second) = *rng.pick(&[
                    (Status::Cancelled, Status::Active),
                    (Status::Suspended, Status::Cancelled),
                    (Status::Other, Status::Suspended),
                ]);
                [first, second]
                    .into_iter()
                    .map(|status| with_last(self.plain(course, now - 1, now), |row| row.status = status))
                    .collect()
            }
            Kind::OneParentCode => {
                let [first, second] = course::ONE_PARENT_CODE;
                let earlier = self.plain(first, now - 2, now - 1);
                let mut later = self.plain(second, now - 2, now);
                later.years.retain(|row| row.year == Some(now));
                vec![earlier, later]
            }
            Kind::YearOutOfRange => vec![
                with_last(self.plain(3, now - 1, now), |row| row.course_year = Some(0)),
                with_last(self.plain(4, now - 1, now), |row| row.course_year = Some(100)),
                with_last(self.plain(6, now - 1, now), |row| row.course_year = Some(99)),
            ],
            Kind::Graduate => vec![self.graduated(first_level(rng), now - 3, now - 1, rng)],
            Kind::NoParentCode => {
                let course = if rng.percent(50) { course::NO_PARENT_CODE } else { course::SINGLE_EXAMS.start };
                vec![self.plain(course, now - 1, now), self.plain(course::NOT_LISTED, now - 1, now)]
            }
            Kind::NoProgrammeType => vec![self.plain(course::NO_PROGRAMME_TYPE, now - 1, now)],
            Kind::CodeTooLong => vec![self.plain(course::CODE_TOO_LONG, now - 1, now)],
            rare if Kind::RARE.contains(&rare) => self.rare(rare, rng),
            _ => vec![self.one_changed(kind, rng)],
        }
    }

    /// Kinds that are one regular career with something changed in it.
    fn one_changed(&mut self, kind: Kind, rng: &mut Rng) -> Career {
        let now = self.current;
        let course = match kind {
            Kind::SiteChanged => course::TWO_SITES_ONE_TOWN,
            Kind::ClassChanged => *rng.pick(&course::TWO_CLASSES),
            _ => first_level(rng),
        };
        let mut career = self.plain(course, now - 2, now);
        let other_status = if rng.percent(50) { Status::Other } else { Status::Missing };
        match kind {
            Kind::LastStatusUnknown => with_last(career, |row| row.status = other_status),
            Kind::LastYearMissing => with_last(career, |row| row.course_year = None),
            Kind::LastNotListed => {
                let site = if other_status == Status::Other { Some(SITE_WITHOUT_TOWN) } else { None };
                with_last(career, |row| row.site = site)
            }
            Kind::Suspended => with_last(career, |row| row.status = Status::Suspended),
            Kind::Cancelled => with_last(career, |row| row.status = Status::Cancelled),
            Kind::Withdrawn => {
                career.state = CareerState::Withdrawn;
                career.years.retain(|row| row.year != Some(now));
                with_last(career, |row| row.status = Status::Cancelled)
            }
            Kind::Conditional => with_last(career, |row| (row.conditional, row.status) = (true, Status::Cancelled)),
            Kind::NoAcademicYear => with_last(career, |row| row.year = None),
            Kind::NothingValuable => {
                career.years.iter_mut().for_each(|row| row.class = NamedClass::Unheard);
                career
            }
            Kind::ClassBlank => {
                career.years.iter_mut().for_each(|row| row.class = NamedClass::Blank);
                career
            }
            Kind::ClassChanged => {
                let second = Catalogue::get().courses[course].classes.get(1);
                with_last(career, |row| row.class = second.map_or(NamedClass::Blank, |class| NamedClass::Known(*class)))
            }
            Kind::SiteChanged => {
                let second = Catalogue::get().courses[course].sites.get(1).copied();
                with_last(career, |row| row.site = second)
            }
            Kind::DuplicateRows => {
                career.years = career.years.iter().flat_map(|row| [*row, *row]).collect();
                career
            }
            Kind::NotYetBegun => {
                let next =
                    Enrolment { id: self.row_number(), year: Some(now + 1), ..career.years[career.years.len() - 1] };
                career.years.push(next);
                career
            }
            Kind::CourseChanged => {
                let other = (course + 1) % course::ONE_PARENT_CODE[0];
                let mut moved = self.rows(other, now - 1, now);
                career.years.truncate(1);
                career.years.append(&mut moved);
                (career.course, career.cohort) = (other, now - 1);
                career
            }
            _ => career,
        }
    }

    fn ordinary(&mut self, born: Date, rng: &mut Rng) -> Career {
        let course = plain_course(rng);
        let duration = Catalogue::get().courses[course].duration;
        let adult = u16::try_from(born.year()).unwrap_or(0) + 19;
        let cohort = (self.current - rng.below(u32::from(duration) + 2) as u16).max(adult).min(self.current);
        let mut career = self.plain(course, cohort, self.current);
        let course = &Catalogue::get().courses[course];
        let site = *rng.pick(&course.sites);
        for row in &mut career.years {
            row.site = Some(site);
        }
        career
    }

    fn fifty(&mut self) -> Vec<Career> {
        let now = self.current;
        course::FIRST_LEVEL
            .filter(|course| *course != course::ONE_PARENT_CODE[1])
            .take(50)
            .map(|course| self.plain(course, now, now))
            .collect()
    }

    /// So many rows over ten years, several a year. The very last one decides: it has the least bytes of its year.
    fn many_rows(&mut self, count: u16, rng: &mut Rng) -> Career {
        let now = self.current;
        let course = *rng.pick(&[7_usize, 8, 9]);
        let site = Catalogue::get().courses[course].sites.first().copied();
        let mut years = Vec::new();
        for index in 0..count {
            let ninth = index * 10 / count;
            let status = if index % 2 == 0 { Status::Cancelled } else { Status::Suspended };
            let mut row = self.row(course, now - 9, now - 9 + ninth, u8::try_from(ninth + 1).unwrap_or(1));
            row.site = site;
            row.status = if index + 1 == count { Status::Active } else { status };
            years.push(row);
        }
        self.career(course, now - 9, years)
    }

    fn graduated(&mut self, course: usize, cohort: u16, last: u16, rng: &mut Rng) -> Career {
        let mut career = self.plain(course, cohort, last);
        let day = 1 + rng.below(28) as u8;
        let awarded = Date::from_calendar_date(i32::from(last) + 1, Month::July, day).ok();
        let mark = 66 + rng.below(45) as u16;
        let honours = mark == 110 || rng.percent(10);
        let mark = if honours { FinalMark::Honours } else { FinalMark::Tenths(mark * 10) };
        let record = Record::Done { awarded, mark, again: false };
        career.state = CareerState::Graduated(Title { closed: awarded, record });
        career
    }

    /// A career with one regular row a year.
    fn plain(&mut self, course: usize, cohort: u16, last: u16) -> Career {
        let years = self.rows(course, cohort, last);
        self.career(course, cohort, years)
    }

    fn career(&mut self, course: usize, cohort: u16, years: Vec<Enrolment>) -> Career {
        let stu_id = self.next_career;
        self.next_career += 1;
        let (begun, first) = (Some(cohort), cohort);
        Career { stu_id, course, cohort, begun, first, state: CareerState::Open, book: Book::Usual, years }
    }

    fn rows(&mut self, course: usize, cohort: u16, last: u16) -> Vec<Enrolment> {
        (cohort..=last).zip(1_u8..).map(|(year, nth)| self.row(course, cohort, year, nth)).collect()
    }

    fn row(&mut self, index: usize, cohort: u16, year: u16, nth: u8) -> Enrolment {
        let course = &Catalogue::get().courses[index];
        Enrolment {
            id: self.row_number(),
            course: index,
            cohort,
            site: course.sites.first().copied(),
            class: course.classes.first().map_or(NamedClass::Blank, |class| NamedClass::Known(*class)),
            year: Some(year),
            course_year: Some(nth.min(course.duration)),
            months: Some(u16::from(course.duration) * 12),
            beyond: nth.saturating_sub(course.duration),
            conditional: false,
            status: Status::Active,
        }
    }

    fn row_number(&mut self) -> u32 {
        self.next_row += 1;
        self.next_row
    }
}

fn with_last(mut career: Career, change: impl FnOnce(&mut Enrolment)) -> Career {
    if let Some(row) = career.years.last_mut() {
        change(row);
    }
    career
}

fn first_level(rng: &mut Rng) -> usize {
    rng.below(course::ONE_PARENT_CODE[0] as u32) as usize
}

fn second_level() -> Vec<usize> {
    course::SECOND_LEVEL.collect()
}

fn plain_course(rng: &mut Rng) -> usize {
    let range = match rng.below(100) {
        0..65 => course::FIRST_LEVEL,
        65..93 => course::SECOND_LEVEL,
        _ => course::SINGLE_CYCLE,
    };
    range.start + rng.below(range.len() as u32) as usize
}
