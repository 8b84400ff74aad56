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
    /// Came from another university: the career began later than the first matriculation, in an older cohort.
    TransferredIn,
    /// In the sixth year of a course of three: the year of the course stays at the last.
    Late,
    /// The last active enrolment is older than the window; what came after is suspended.
    ActiveLongAgo,
    /// Enrolled for years, never active.
    NeverActive,
    /// The course's normal duration is not recorded.
    NoDuration,
    /// A Master of 6 months and one of 18.
    ShortCourses,
    /// It is not recorded when the career began.
    NoBeginning,
    /// Left a course and began it again: two careers on one code.
    BegunTwice,
    /// Suspended this year, already active for the next one, which has not begun.
    ActiveNextYear,
    /// Admitted to a year that has not begun, and never enrolled before.
    AdmittedAhead,
    /// A title without a mark.
    MarkMissing,
    /// A title with the judgement that it was passed.
    MarkQualified,
    /// A doctorate with a letter for a mark, and no degree class.
    MarkLetter,
    /// A title with a mark that is no whole number.
    MarkDecimal,
    /// A title without any day.
    TitleUndated,
    /// A title whose course has no name anywhere.
    TitleUnnamed,
    /// A title of a course that the Ministry does not list: no code.
    TitleNotListed,
    /// A title of a course without programme type.
    TitleUntyped,
    /// A title of a course whose code is longer than the contract allows.
    TitleLongCode,
    /// A degree of the old system, with a substitute code.
    OldTitle,
    /// A degree of the old system without a code.
    OldTitleUncoded,
    /// An old diploma that is of no programme type.
    OldTitleUntyped,
    /// A joint degree that this university leads.
    JointOurs,
    /// A joint degree that another university leads: theirs to send.
    JointTheirs,
    /// A joint degree of which it is not said who leads it: taken for ours.
    JointUnsaid,
    /// One title recorded in two careers that are equal.
    TitleTwice,
    /// Two titles awarded on one day.
    TwoTitlesOneDay,
    /// Closed with a title, but no record of the graduation: the career's last day, no mark.
    NoThesis,
    /// Closed with a title while the record of the graduation is open.
    ThesisOpen,
    /// A first record of the graduation was annulled; the second counts, with honours.
    ThesisAgain,
    /// A title of a career without yearly enrolments: neither seat nor class, so no code.
    TitleWithoutYears,
    /// A specialisation whose class has a name of more than 99 characters.
    TitleLongClass,
    /// Still enrolled in a course of the old system, which has no code.
    OldLate,
    /// Still enrolled in another course of the old system.
    OldLateElsewhere,
    /// Still enrolled for an old diploma that is of no programme type.
    OldLateUntyped,
    /// Nobody recorded the sex; in one course there is nobody else.
    SexUnknown,
    /// A title, and no examination in the transcript.
    EmptyBook,
    /// A transcript with an activity without name, a letter for a mark, two laboratories alike, odd credits.
    AwkwardBook,
    /// 257 examinations passed, where an answer may list 256.
    EndlessBook,
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

    /// Kinds of which there is one student each, behind all others: most are about titles and old careers.
    pub const RARE: [Self; 39] = [
        Self::TransferredIn,
        Self::Late,
        Self::ActiveLongAgo,
        Self::NeverActive,
        Self::NoDuration,
        Self::ShortCourses,
        Self::NoBeginning,
        Self::BegunTwice,
        Self::ActiveNextYear,
        Self::AdmittedAhead,
        Self::MarkMissing,
        Self::MarkQualified,
        Self::MarkLetter,
        Self::MarkDecimal,
        Self::TitleUndated,
        Self::TitleUnnamed,
        Self::TitleNotListed,
        Self::TitleUntyped,
        Self::TitleLongCode,
        Self::OldTitle,
        Self::OldTitleUncoded,
        Self::OldTitleUntyped,
        Self::JointOurs,
        Self::JointTheirs,
        Self::JointUnsaid,
        Self::TitleTwice,
        Self::TwoTitlesOneDay,
        Self::NoThesis,
        Self::ThesisOpen,
        Self::ThesisAgain,
        Self::TitleWithoutYears,
        Self::TitleLongClass,
        Self::OldLate,
        Self::OldLateElsewhere,
        Self::OldLateUntyped,
        Self::SexUnknown,
        Self::EmptyBook,
        Self::AwkwardBook,
        Self::EndlessBook,
    ];

    /// Whether it is about a career that is decades old.
    pub(crate) fn is_old_system(self) -> bool {
        matches!(
            self,
            Self::OldTitle
                | Self::OldTitleUncoded
                | Self::OldTitleUntyped
                | Self::OldLate
                | Self::OldLateElsewhere
                | Self::OldLateUntyped
        )
    }

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
            rare => rare.rare_texts(),
        }
    }

    fn rare_texts(self) -> (&'static str, &'static str) {
        match self {
            Self::TransferredIn => (
                "transferred_in",
                "Came from another university: the career began later than the first matriculation, in an older cohort.",
            ),
            Self::Late => ("late", "In the sixth year of a course of three: the year of the course stays at the last."),
            Self::ActiveLongAgo => {
                ("active_long_ago", "The last active enrolment is older than the window; what came after is suspended.")
            }
            Self::NeverActive => ("never_active", "Enrolled for years, never active."),
            Self::NoDuration => ("no_duration", "The course's normal duration is not recorded."),
            Self::ShortCourses => ("short_courses", "A Master of 6 months and one of 18."),
            Self::NoBeginning => ("no_beginning", "It is not recorded when the career began."),
            Self::BegunTwice => ("begun_twice", "Left a course and began it again: two careers on one code."),
            Self::ActiveNextYear => {
                ("active_next_year", "Suspended this year, already active for the next one, which has not begun.")
            }
            Self::AdmittedAhead => {
                ("admitted_ahead", "Admitted to a year that has not begun, and never enrolled before.")
            }
            Self::MarkMissing => ("mark_missing", "A title without a mark."),
            Self::MarkQualified => ("mark_qualified", "A title with the judgement that it was passed."),
            Self::MarkLetter => ("mark_letter", "A doctorate with a letter for a mark, and no degree class."),
            Self::MarkDecimal => ("mark_decimal", "A title with a mark that is no whole number."),
            Self::TitleUndated => ("title_undated", "A title without any day."),
            Self::TitleUnnamed => ("title_unnamed", "A title whose course has no name anywhere."),
            Self::TitleNotListed => {
                ("title_not_listed", "A title of a course that the Ministry does not list: no code.")
            }
            Self::TitleUntyped => ("title_untyped", "A title of a course without programme type."),
            Self::TitleLongCode => {
                ("title_long_code", "A title of a course whose code is longer than the contract allows.")
            }
            Self::OldTitle => ("old_title", "A degree of the old system, with a substitute code."),
            Self::OldTitleUncoded => ("old_title_uncoded", "A degree of the old system without a code."),
            Self::OldTitleUntyped => ("old_title_untyped", "An old diploma that is of no programme type."),
            Self::JointOurs => ("joint_ours", "A joint degree that this university leads."),
            Self::JointTheirs => ("joint_theirs", "A joint degree that another university leads: theirs to send."),
            Self::JointUnsaid => {
                ("joint_unsaid", "A joint degree of which it is not said who leads it: taken for ours.")
            }
            Self::TitleTwice => ("title_twice", "One title recorded in two careers that are equal."),
            Self::TwoTitlesOneDay => ("two_titles_one_day", "Two titles awarded on one day."),
            Self::NoThesis => {
                ("no_thesis", "Closed with a title, but no record of the graduation: the career's last day, no mark.")
            }
            Self::ThesisOpen => ("thesis_open", "Closed with a title while the record of the graduation is open."),
            Self::ThesisAgain => {
                ("thesis_again", "A first record of the graduation was annulled; the second counts, with honours.")
            }
            Self::TitleWithoutYears => (
                "title_without_years",
                "A title of a career without yearly enrolments: neither seat nor class, so no code.",
            ),
            Self::TitleLongClass => {
                ("title_long_class", "A specialisation whose class has a name of more than 99 characters.")
            }
            Self::OldLate => ("old_late", "Still enrolled in a course of the old system, which has no code."),
            Self::OldLateElsewhere => ("old_late_elsewhere", "Still enrolled in another course of the old system."),
            Self::OldLateUntyped => {
                ("old_late_untyped", "Still enrolled for an old diploma that is of no programme type.")
            }
            Self::SexUnknown => ("sex_unknown", "Nobody recorded the sex; in one course there is nobody else."),
            Self::EmptyBook => ("empty_book", "A title, and no examination in the transcript."),
            Self::AwkwardBook => (
                "awkward_book",
                "A transcript with an activity without name, a letter for a mark, two laboratories alike, odd credits.",
            ),
            Self::EndlessBook => ("endless_book", "257 examinations passed, where an answer may list 256."),
            _ => ("", ""),
        }
    }
}
