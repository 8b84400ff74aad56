//! The kinds of students: what each is there to show.

/// What a student is there to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Nothing special.
    Ordinary,
    /// Known to the registry, but never a student.
    NoCareers,
    /// A career without any yearly enrolment.
    NoEnrolments,
    /// A finished degree and the next one.
    TwoCareers,
    /// A degree held jointly with another university.
    JointDegree,
    /// All enrolments are older than the three academic years.
    OutsideWindow,
    /// The last enrolment of the course has a status code that nobody can translate.
    LastStatusUnknown,
    /// A course without degree class.
    ClassMissing,
    /// Rows that are exactly equal.
    DuplicateRows,
    /// Exactly 50 careers, the length at which an unpaged list is cut.
    FiftyCareers,
    /// An enrolment for an academic year that has not begun.
    NotYetBegun,
    /// The last enrolment of the course lacks its year of course.
    LastYearMissing,
    /// The last enrolment cannot be found in the Ministry's tables, so it is no enrolment of that course.
    LastNotListed,
    /// Two careers on one course and year with different status.
    TieOnStatus,
    /// The course changed between two years.
    CourseChanged,
    /// The last enrolment is suspended.
    Suspended,
    /// The last enrolment is cancelled.
    Cancelled,
    /// The last enrolment is conditional, whatever its status code says.
    Conditional,
    /// A career with exactly 100 yearly rows: a full page and nothing after it.
    HundredRows,
    /// A career with 137 yearly rows: two pages.
    ManyRows,
    /// The course has no ministry code.
    NoParentCode,
    /// Two courses of the university that are one for the Ministry.
    OneParentCode,
    /// Years of course outside 1 to 99.
    YearOutOfRange,
    /// A row without academic year.
    NoAcademicYear,
    /// Enrolments in the window, none of which can be valued.
    NothingValuable,
    /// The Ministry's row lacks the programme type.
    NoProgrammeType,
    /// The Ministry's course code is longer than the contract allows.
    CodeTooLong,
    /// The degree class is blank though the course has one.
    ClassBlank,
    /// A course with two degree classes, moved from one to the other.
    ClassChanged,
    /// Two sites in one town.
    SiteChanged,
    /// A finished career with its title.
    Graduate,
    /// Left without a title.
    Withdrawn,
    /// Born abroad.
    BornAbroad,
    /// A tax code in omocodia form.
    Omocodia,
    /// Accents and apostrophes in the name.
    MarkedName,
}

impl Kind {
    /// All kinds, in the order in which a population begins. The first ten are those a population of ten has.
    pub const ALL: [Self; 35] = [
        Self::Ordinary,
        Self::NoCareers,
        Self::NoEnrolments,
        Self::TwoCareers,
        Self::JointDegree,
        Self::OutsideWindow,
        Self::LastStatusUnknown,
        Self::ClassMissing,
        Self::DuplicateRows,
        Self::FiftyCareers,
        Self::NotYetBegun,
        Self::LastYearMissing,
        Self::LastNotListed,
        Self::TieOnStatus,
        Self::CourseChanged,
        Self::Suspended,
        Self::Cancelled,
        Self::Conditional,
        Self::HundredRows,
        Self::ManyRows,
        Self::NoParentCode,
        Self::OneParentCode,
        Self::YearOutOfRange,
        Self::NoAcademicYear,
        Self::NothingValuable,
        Self::NoProgrammeType,
        Self::CodeTooLong,
        Self::ClassBlank,
        Self::ClassChanged,
        Self::SiteChanged,
        Self::Graduate,
        Self::Withdrawn,
        Self::BornAbroad,
        Self::Omocodia,
        Self::MarkedName,
    ];

    /// Whether there is at most one student of this kind, as its records are absurdly many.
    #[must_use]
    pub fn is_single(self) -> bool {
        matches!(self, Self::FiftyCareers | Self::HundredRows | Self::ManyRows)
    }

    /// The name used in listings, snake case.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.texts().0
    }

    /// One sentence on what is special; nothing for an ordinary student.
    #[must_use]
    pub fn sentence(self) -> Option<&'static str> {
        Some(self.texts().1).filter(|sentence| !sentence.is_empty())
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Ordinary => ("ordinary", ""),
            Self::NoCareers => ("no_careers", "A person the registry knows, without careers: an empty list, not 400."),
            Self::NoEnrolments => ("no_enrolments", "A career without yearly enrolments: an empty list."),
            Self::TwoCareers => ("two_careers", "A finished first degree and a second one: two careers."),
            Self::JointDegree => ("joint_degree", "Enrolled in a degree held jointly with another university."),
            Self::OutsideWindow => {
                ("outside_window", "All enrolments are older than the last three academic years: an empty list.")
            }
            Self::LastStatusUnknown => (
                "last_status_unknown",
                "The course's last enrolment has an unknown status code: it is dropped, and no older one takes its place.",
            ),
            Self::ClassMissing => ("class_missing", "A doctorate, which has no degree class: the class is null."),
            Self::DuplicateRows => ("duplicate_rows", "Yearly rows that occur twice, exactly equal: one item."),
            Self::FiftyCareers => ("fifty_careers", "Exactly 50 careers, each with one enrolment: 50 items."),
            Self::NotYetBegun => {
                ("not_yet_begun", "Already enrolled for an academic year that has not begun: that row does not count.")
            }
            Self::LastYearMissing => (
                "last_year_missing",
                "The course's last enrolment lacks its year of course: it is dropped, and no older one takes its place.",
            ),
            Self::LastNotListed => (
                "last_not_listed",
                "The last row's site is unknown to the Ministry's table, so it is of no course: the year before answers.",
            ),
            Self::TieOnStatus => {
                ("tie_on_status", "Two careers on one course and year, with different status: least bytes win.")
            }
            Self::CourseChanged => ("course_changed", "Moved to another course: the last enrolment of each."),
            Self::Suspended => ("suspended", "The last enrolment is suspended: wait."),
            Self::Cancelled => ("cancelled", "The last enrolment is cancelled: inactive."),
            Self::Conditional => ("conditional", "The last enrolment is conditional: wait, whatever the status code."),
            Self::HundredRows => {
                ("hundred_rows", "One career with exactly 100 yearly rows: a full page, then an empty one.")
            }
            Self::ManyRows => ("many_rows", "One career with 137 yearly rows: two pages."),
            Self::NoParentCode => ("no_parent_code", "The course has no ministry code: its rows are dropped."),
            Self::OneParentCode => ("one_parent_code", "Two courses here, one for the Ministry: one item."),
            Self::YearOutOfRange => ("year_out_of_range", "Years of course 0 and 100, outside 1 to 99: dropped."),
            Self::NoAcademicYear => ("no_academic_year", "The newest row lacks its academic year: it is outside."),
            Self::NothingValuable => {
                ("nothing_valuable", "Enrolled this year with a degree class nobody knows: an empty list.")
            }
            Self::NoProgrammeType => ("no_programme_type", "The Ministry's row lacks the programme type: dropped."),
            Self::CodeTooLong => {
                ("code_too_long", "The Ministry's course code has 24 characters, 20 are allowed: dropped.")
            }
            Self::ClassBlank => {
                ("class_blank", "The row's class is blank though the course has one: no code, dropped.")
            }
            Self::ClassChanged => ("class_changed", "Moved between the two classes of a course: two codes, two items."),
            Self::SiteChanged => ("site_changed", "Moved between two sites in one town: one code, one item."),
            Self::Graduate => ("graduate", "Graduated within the window: the last enrolment stands."),
            Self::Withdrawn => ("withdrawn", "Left without a title: the last enrolment is cancelled."),
            Self::BornAbroad => ("born_abroad", "Born abroad: the tax code has a Z code."),
            Self::Omocodia => ("omocodia", "The tax code is in omocodia form, letters for digits."),
            Self::MarkedName => ("marked_name", "Accents and apostrophes in the name."),
        }
    }
}
