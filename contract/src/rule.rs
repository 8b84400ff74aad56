//! Rules: what the contract asks in prose, one row each, in the order in which they are kept.

use crate::OPERATIONS;
use crate::operation::Operation;
use crate::place::{At, Member};

/// Stands for the name of the member that an effect was about.
pub const MEMBER: &str = "*";

/// A rule of the contract.
#[derive(Debug)]
pub struct Rule {
    /// `IFS02.1-R4`, `GEN-7`; a trap's (`T-35`) where no rule says it; the operation's own name where nobody does.
    pub id: &'static str,
    /// What it says, in one sentence.
    pub says: &'static str,
    /// What keeps it.
    pub kept: Kept,
    /// What it does, in the order in which its kind names that ([`crate::Effect`]): the end of the counter's label, or
    /// [`MEMBER`].
    pub counts: &'static [&'static str],
    /// Traps of the sources that it answers.
    pub traps: &'static [&'static str],
}

/// What keeps a rule. Those with a list or a person are kept by `settle/rules`, a file each.
#[derive(Clone, Copy, Debug)]
pub enum Kept {
    /// What a request's head is judged by.
    Door,
    /// The problem that says what went wrong, and its status.
    Status,
    /// The tables: types, bounds, patterns and members of request and answer.
    Schema,
    /// What is decided before an answer is made: who is asked about, and whether that is known.
    Guard,
    /// The form in which every answer is written: members in their order, null or left out, lists in their order.
    Form,
    /// Pages, each but the last with the cursor of the next.
    Pages,
    /// A value that breaks its member's bounds counts as null.
    Bounds(Part),
    /// The identity is the tax code, and the ANPR id where known.
    PersonByTaxCode,
    /// Without a tax code the identity is the four other members.
    PersonByFour,
    /// With an incomplete identity nothing is sent in this list.
    PersonIncomplete {
        /// The list.
        list: At,
    },
    /// Items of the last academic years only.
    Window {
        /// The list.
        list: At,
        /// The member or fact with the year.
        year: Member,
        /// How many, with the current one.
        years: u8,
    },
    /// Of the items that share a member, the one of the greatest year, then of the least bytes.
    Latest {
        /// The list.
        list: At,
        /// The member or fact with the year.
        year: Member,
        /// What they share: the first of these members or facts that an item has.
        per: &'static [Member],
    },
    /// A date that ends a year: 31 December so many months after a year, whole years begun.
    YearEnd {
        /// The list.
        list: At,
        /// The member that becomes the date.
        date: Member,
        /// The member or fact with the year.
        year: Member,
        /// The member or fact with the months.
        months: Member,
    },
    /// A date that is the first day of the last academic year in which an item like it was active.
    LastActive {
        /// The list.
        list: At,
        /// The member that becomes the date.
        date: Member,
        /// The member or fact with the year.
        year: Member,
        /// The member or fact that says whether it was active.
        active: Member,
        /// What such items share: the first of these members or facts that an item has.
        per: &'static [Member],
    },
    /// The first and the last day of an academic year.
    AcademicYear {
        /// The list.
        list: At,
        /// The member or fact with the year.
        year: Member,
        /// The member that becomes the first day.
        start: Member,
        /// The member that becomes the last.
        end: Member,
    },
    /// An item that another institute answers for is left out; where that is not said, it is this one's.
    Reference {
        /// The list.
        list: At,
        /// The member or fact with the code of the institute that answers for it.
        institute: Member,
    },
    /// An item that has not what the request asks for is left out; a request that names none asks for all.
    AsAsked {
        /// The list.
        list: At,
        /// The member.
        member: Member,
        /// The member of the request.
        asked: Member,
    },
    /// Items without a code become one for each of what they share: counts are added up.
    Collapse {
        /// The list.
        list: At,
        /// The code.
        code: Member,
        /// What they share.
        per: Member,
        /// What is added up: null where none of them has a count.
        sums: &'static [Member],
        /// What the one item has not.
        nulls: &'static [Member],
    },
    /// In a kind of institute, members of the other kind are null.
    OfKind {
        /// The list.
        list: At,
        /// The kind.
        school: School,
        /// Members of the other kind alone.
        others: &'static [Member],
    },
    /// Each item is one of the Ministry's bands, each once, with its label; anything else ends the answer.
    Bands {
        /// The list.
        list: At,
        /// The member with the least value.
        least: Member,
        /// The member with the greatest.
        most: Member,
        /// The member that becomes the label.
        label: Member,
    },
    /// Where one band alone is not shown, the total would tell it: it is null.
    BandsTotal {
        /// The list of bands.
        list: At,
        /// The member of the answer with the total.
        total: Member,
        /// The member of a band with its count.
        count: Member,
    },
    /// An item that lacks a member is left out.
    Drop {
        /// The list.
        list: At,
        /// What it may lack.
        but: &'static [Member],
    },
    /// An item without this member is left out, whatever else it has.
    Needs {
        /// The list.
        list: At,
        /// The member.
        member: Member,
    },
    /// An item without any value is left out.
    NotEmpty {
        /// The list.
        list: At,
    },
    /// An item that stands twice is sent once.
    Unique {
        /// The list.
        list: At,
    },
    /// Items that share a key are counted, and all sent.
    Alike {
        /// The list.
        list: At,
        /// The key.
        key: Member,
    },
    /// What is odd about a member is counted, and sent all the same.
    Remark {
        /// The list.
        list: At,
        /// The member looked at.
        member: Member,
        /// What is odd.
        odd: Odd,
    },
    /// An item that lacks a member, or whose code is too long to be asked for, ends the answer: left out, it would read as
    /// if there were none.
    Whole {
        /// The list.
        list: At,
        /// The code.
        code: Member,
    },
    /// A list with more items than it may have is an error.
    Most,
    /// What is said of a change: whether it was accepted, the state of the request, its code; by what became of the call
    /// that makes it.
    Outcome,
    /// How a change is made: what is asked before, the one call that makes it, what becomes of that.
    Change,
    /// The mapping: which records there are, and what stands in them.
    ByMapping,
    /// The gateway in front: who calls, and how often.
    ByGateway,
    /// Whoever publishes the service.
    ByPublisher,
    /// A list of students is walked, and each listed with the fingerprint of an answer.
    Walk,
}

impl Kept {
    /// Whether it is kept on an answer that has been made.
    #[inline]
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Bounds(_)
            | Self::PersonByTaxCode
            | Self::PersonByFour
            | Self::PersonIncomplete { .. }
            | Self::Window { .. }
            | Self::Latest { .. }
            | Self::YearEnd { .. }
            | Self::LastActive { .. }
            | Self::AcademicYear { .. }
            | Self::Reference { .. }
            | Self::AsAsked { .. }
            | Self::Collapse { .. }
            | Self::OfKind { .. }
            | Self::Bands { .. }
            | Self::BandsTotal { .. }
            | Self::Drop { .. }
            | Self::Needs { .. }
            | Self::NotEmpty { .. }
            | Self::Unique { .. }
            | Self::Alike { .. }
            | Self::Remark { .. }
            | Self::Whole { .. }
            | Self::Outcome => true,
            Self::Door
            | Self::Status
            | Self::Schema
            | Self::Guard
            | Self::Form
            | Self::Pages
            | Self::Most
            | Self::Change
            | Self::ByMapping
            | Self::ByGateway
            | Self::ByPublisher
            | Self::Walk => false,
        }
    }

    /// Who or what keeps it, as `docs/contract.md` says it; files under `adapter-core/src`, where no other folder is named.
    pub fn by(self) -> &'static str {
        match self {
            Self::Door => "`door.rs`",
            Self::Status => "`problem.rs`",
            Self::Schema => "the tables, `contract/src/fit.rs`; of a request `exchange/admit.rs`",
            Self::Guard => "`exchange/admit.rs`, `exchange/run/guards.rs`",
            Self::Form | Self::Most => "`settle/write.rs`",
            Self::Pages => "`exchange/phase/walk/rows.rs`, `cursor.rs`",
            Self::Bounds(_) => "`settle/rules/bounds.rs`",
            Self::PersonByTaxCode | Self::PersonByFour | Self::PersonIncomplete { .. } => "`settle/rules/person.rs`",
            Self::Window { .. } => "`settle/rules/window.rs`",
            Self::Latest { .. } => "`settle/rules/latest.rs`",
            Self::YearEnd { .. } => "`settle/rules/year_end.rs`",
            Self::LastActive { .. } => "`settle/rules/last_active.rs`",
            Self::AcademicYear { .. } => "`settle/rules/academic_year.rs`",
            Self::Reference { .. } => "`settle/rules/reference.rs`",
            Self::AsAsked { .. } => "`settle/rules/as_asked.rs`",
            Self::Collapse { .. } => "`settle/rules/collapse.rs`",
            Self::OfKind { .. } => "`settle/rules/of_kind.rs`",
            Self::Bands { .. } | Self::BandsTotal { .. } => "`settle/rules/bands.rs`",
            Self::Drop { .. } => "`settle/rules/drop.rs`",
            Self::Needs { .. } => "`settle/rules/needs.rs`",
            Self::NotEmpty { .. } => "`settle/rules/not_empty.rs`",
            Self::Unique { .. } => "`settle/rules/unique.rs`",
            Self::Alike { .. } => "`settle/rules/alike.rs`",
            Self::Remark { .. } => "`settle/rules/remark.rs`",
            Self::Whole { .. } => "`settle/rules/whole.rs`",
            Self::Outcome => "`settle/rules/outcome.rs`",
            Self::Change => "`exchange/phase/change/`",
            Self::ByMapping => "the mapping",
            Self::ByGateway => "the gateway",
            Self::ByPublisher => "whoever publishes the service",
            Self::Walk => "`exchange/phase/walk/`, `cursor.rs`",
        }
    }
}

/// A part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Whom it is about.
    Person,
    /// All else.
    Answer,
}

/// A kind of institute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum School {
    /// A university.
    University,
    /// An institute of arts, music and dance (AFAM).
    Afam,
}

/// What may be odd about a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// It has no value.
    Null,
    /// It is a text, and no list of ISTAT codes of municipalities.
    NoIstatCode,
    /// It is a year of course beyond those that this many months are, of a member or fact.
    Beyond(Member),
    /// It is a date before that of this member.
    Before(Member),
    /// It is a duration in months, and looks like one in years: one to six.
    FewMonths,
}

/// A rule that counts nothing.
pub(crate) const fn rule(id: &'static str, says: &'static str, kept: Kept) -> Rule {
    Rule { id, says, kept, counts: &[], traps: &[] }
}

impl Rule {
    /// The same, with what it counts.
    pub(crate) const fn counts(mut self, counts: &'static [&'static str]) -> Self {
        self.counts = counts;
        self
    }

    /// The same, with the traps that it answers.
    pub(crate) const fn traps(mut self, traps: &'static [&'static str]) -> Self {
        self.traps = traps;
        self
    }

    /// How it is called in an operation: `IFS02.1-S1`, `IFS02.3-T13`.
    pub fn code(&self, operation: &Operation) -> String {
        if self.id.starts_with(operation.name) {
            self.id.to_owned()
        } else {
            let id = self.id.strip_prefix("T-");
            [operation.name, if id.is_some() { "-T" } else { "-" }, id.unwrap_or(self.id)].concat()
        }
    }

    /// The list that it is about, if it is about one.
    pub fn list(&self) -> Option<At> {
        match self.kept {
            Kept::PersonIncomplete { list }
            | Kept::Window { list, .. }
            | Kept::Latest { list, .. }
            | Kept::YearEnd { list, .. }
            | Kept::LastActive { list, .. }
            | Kept::AcademicYear { list, .. }
            | Kept::Reference { list, .. }
            | Kept::AsAsked { list, .. }
            | Kept::Collapse { list, .. }
            | Kept::OfKind { list, .. }
            | Kept::Bands { list, .. }
            | Kept::BandsTotal { list, .. }
            | Kept::Drop { list, .. }
            | Kept::Needs { list, .. }
            | Kept::NotEmpty { list }
            | Kept::Unique { list }
            | Kept::Alike { list, .. }
            | Kept::Remark { list, .. }
            | Kept::Whole { list, .. } => Some(list),
            Kept::Door
            | Kept::Status
            | Kept::Schema
            | Kept::Guard
            | Kept::Form
            | Kept::Pages
            | Kept::Bounds(_)
            | Kept::PersonByTaxCode
            | Kept::PersonByFour
            | Kept::Most
            | Kept::Outcome
            | Kept::Change
            | Kept::ByMapping
            | Kept::ByGateway
            | Kept::ByPublisher
            | Kept::Walk => None,
        }
    }
}

/// A group of rules, and the operations that have it.
pub type Group = (&'static [Rule], Vec<&'static Operation>);

/// All groups of rules, each once.
pub fn groups() -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for operation in OPERATIONS {
        for group in operation.rules {
            // Where a group lies in memory says nothing: it may lie in several places.
            let same = |known: &[Rule]| known.iter().map(|r| (r.id, r.says)).eq(group.iter().map(|r| (r.id, r.says)));
            match groups.iter_mut().find(|(known, _)| same(known)) {
                Some((_, of)) => of.push(operation),
                None => groups.push((group, vec![operation])),
            }
        }
    }
    groups
}

/// The rules of an identity, under these ids: of values that break their bounds, of the tax code, of the four other
/// members, of an incomplete one.
pub(crate) const fn identity(ids: [&'static str; 4], list: At) -> [Rule; 4] {
    let [bounds, code, four, incomplete] = ids;
    [
        rule(bounds, "a value of the identity that breaks its bounds counts as null", Kept::Bounds(Part::Person))
            .counts(&["invalid_identity"]),
        rule(code, "the identity is the tax code, with the ANPR id where it is known", Kept::PersonByTaxCode)
            .counts(&["tax_code"]),
        rule(four, "without it: names, date and place of birth", Kept::PersonByFour).counts(&["fallback"]),
        rule(incomplete, "with an incomplete identity nothing is sent", Kept::PersonIncomplete { list })
            .counts(&["incomplete_identity"]),
    ]
}

impl Operation {
    /// Its rules, in the order in which they are kept.
    pub fn rules(&self) -> impl Iterator<Item = &'static Rule> {
        self.rules.iter().copied().flatten()
    }
}

/// What every operation keeps.
pub(crate) static GENERAL: &[Rule] = &[
    rule("GEN-1", "which APIs an institute offers follows from its number of students", Kept::ByMapping),
    rule("GEN-2", "an e-service has the name of the table", Kept::ByPublisher).traps(&["T-47"]),
    rule("GEN-3", "every e-service asks ID_AUTH_REST_01", Kept::ByGateway).traps(&["T-01", "T-02"]),
    rule("GEN-4", "`person_id` is the ANPR identifier", Kept::ByMapping),
    rule("GEN-5", "codes are those of the Ministry's data sets", Kept::ByMapping).traps(&["T-53"]),
    rule("GEN-6", "a request that lacks a member or breaks a bound is 400", Kept::Schema).traps(&["T-03", "T-42"]),
    rule("GEN-7", "an unknown student is 400, a known one without records 200 and `[]`", Kept::Guard).traps(&["T-04"]),
    rule("GEN-8", "without a value a member is null where it may be, else left out", Kept::Form).traps(&["T-19"]),
    rule("GEN-9", "`institute_code` of a request is checked, and otherwise ignored", Kept::Schema),
    rule("GEN-10", "a test environment has fictitious data", Kept::ByPublisher),
    rule("GEN-11", "so many calls a consumer may make a day", Kept::ByGateway),
    rule("GEN-12", "the Ministry is not the only consumer", Kept::ByGateway),
    rule("GEN-13", "the flag for personal data is set when an e-service is published", Kept::ByPublisher),
    rule("GEN-14", "the OpenAPI file is published as it is, but for `info` and `servers`", Kept::ByPublisher),
    rule("T-05", "what goes wrong before or behind has its own status", Kept::Status),
    rule("T-06", "the XML that is declared means nothing: 415", Kept::Door),
    rule("T-07", "an operation is told by API and path, never by operationId", Kept::Door),
    rule("T-08", "an answer is never a bare null", Kept::Form),
    rule("T-18", "list and person are always sent, whatever the schema requires", Kept::Form),
    rule("T-21", "a value too long for its member is null; nothing is cut unless the mapping says so", Kept::Schema),
    rule("T-24", "a list with more items than it may have is an error", Kept::Most),
    rule("T-35", "an academic year is two years that follow each other", Kept::Schema),
];

/// What holds of a tax code that is sent or asked for.
pub(crate) static TAX_CODES: &[Rule] =
    &[rule("T-41", "the pattern decides; the check letter is not checked", Kept::Schema)];

/// What holds of every birth place.
pub(crate) static BIRTH_PLACES: &[Rule] = &[
    rule("BP-1", "a birth place is nation, province code and town, without blanks", Kept::ByMapping),
    rule("BP-2", "a town abroad has the province code EE", Kept::ByMapping),
    rule("BP-3", "the pattern is a search, not a whole match", Kept::Schema).traps(&["T-25"]),
    rule("BP-4", "without town and province there are the commas", Kept::ByMapping),
];

/// Traps that ask nothing of a running adapter, with the reason.
pub const QUIET: &[(&str, &str)] = &[
    ("T-26", "an example of the README that breaks its own pattern: the pattern counts"),
    ("T-34", "a pattern whose stars Markdown ate: the schema has it whole"),
    ("T-37", "a pattern on a number and further members of a list mean nothing; the tables keep them as quirks"),
    ("T-43", "dates without quotes trouble readers of the upstream files, not requests"),
    ("T-57", "descriptions that were copied wrong"),
    ("T-58", "an older paper says ten years; the README says three"),
];
