//! What a rule may do to an answer, as it is counted and told.

use crate::operation::OperationId;
use crate::operations;
use crate::place::Member;
use crate::rule::{Kept, MEMBER, Odd, Part, Rule};

/// Something that a rule of an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Whose rule.
    operation: OperationId,
    /// The rule's place in the operation's order.
    rule: u8,
    /// The place of what it does among [`Rule::counts`].
    what: u8,
    /// The member, where that tells effects apart.
    member: Option<Member>,
}

impl Effect {
    /// What the rule at a place of the operation's does; the member counts only where it tells effects apart.
    pub fn new(operation: OperationId, rule: u8, what: u8, member: Option<Member>) -> Self {
        let told = operation.operation().rules().nth(usize::from(rule)).and_then(|r| r.counts.get(usize::from(what)));
        Self { operation, rule, what, member: member.filter(|_| told == Some(&MEMBER)) }
    }

    /// All that rules of operations may do. Several rows of one rule may have the same label.
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for operation in operations() {
            for (place, rule) in (0..).zip(operation.rules()) {
                for (what, label) in (0..).zip(rule.counts) {
                    let members = if *label == MEMBER { rule.lacking() } else { Vec::new() };
                    let of = |member| Self { operation: operation.id, rule: place, what, member };
                    all.extend(members.iter().map(|member| of(Some(*member))));
                    all.extend((*label != MEMBER).then(|| of(None)));
                }
            }
        }
        all
    }

    /// Whose rule it is.
    pub fn operation(self) -> OperationId {
        self.operation
    }

    /// The rule that does it.
    pub fn rule(self) -> Option<&'static Rule> {
        self.operation.operation().rules().nth(usize::from(self.rule))
    }

    /// `IFS02.1-S1.window`.
    #[cold] // once for each series
    pub fn label(self) -> String {
        let Some(rule) = self.rule() else { return String::new() };
        let what = match rule.counts.get(usize::from(self.what)) {
            Some(&MEMBER) => self.member.and_then(|m| rule.list().and_then(|list| m.of(list.items))).map(|f| f.name),
            what => what.copied(),
        };
        [&rule.code(self.operation.operation()), ".", what.unwrap_or("none")].concat()
    }

    /// What tells it from every other.
    pub fn number(self) -> (u32, usize) {
        let member = self.member.map_or(u8::MAX, |m| m.0);
        let part = u32::from(self.what) << 8 | u32::from(member);
        (part, (self.operation as usize) << 8 | usize::from(self.rule))
    }

    /// Whether it is about a value that breaks its bounds.
    pub fn breaks(self) -> bool {
        self.rule().is_some_and(|rule| matches!(rule.kept, Kept::Bounds(_)))
    }

    /// Whether it is what always happens, and nothing is wrong.
    pub fn always(self) -> bool {
        self.rule().is_some_and(|rule| matches!(rule.kept, Kept::PersonByTaxCode))
    }

    /// Whether it leaves an item out for want of [`Effect::member`].
    pub fn lacks(self) -> bool {
        let Some(rule) = self.rule() else { return false };
        match rule.kept {
            Kept::Window { .. } => self.what == 2,
            Kept::Drop { .. } => self.what == 0,
            Kept::Needs { .. } => true,
            _ => false,
        }
    }

    /// The member or fact that it is about, where that is one; of a broken value the log knows.
    pub fn member(self) -> Option<&'static str> {
        let rule = self.rule()?;
        let member = self.member.or_else(|| rule.looks_at())?;
        member.of(rule.list()?.items).map(|field| field.name)
    }

    /// What it does, in words; of the member that the rule looks at, or lacks.
    pub fn words(self) -> String {
        let Some(rule) = self.rule() else { return String::new() };
        let named = |member: Member| rule.list().and_then(|list| member.of(list.items));
        let member = self.member.or_else(|| rule.looks_at()).and_then(named);
        let name = member.map(|field| field.name).unwrap_or_default();
        let inner = member.is_some_and(|field| field.list().is_some());
        match (rule.kept, self.what) {
            (Kept::Bounds(Part::Person), _) => {
                "a value of the identity breaks its bounds: it counts as null".to_owned()
            }
            (Kept::Bounds(Part::Answer), _) => "a value breaks its bounds: it counts as null".to_owned(),
            (Kept::PersonByTaxCode, _) => "the student is named by the tax code: nothing is wrong".to_owned(),
            (Kept::PersonByFour, _) => "there is no tax code: names, date and place of birth are sent".to_owned(),
            (Kept::PersonIncomplete { .. }, _) => {
                "names, date or place of birth are missing: nothing of the student is sent".to_owned()
            }
            (Kept::Window { years, .. }, 0) => {
                let years = if years == 3 { "three".to_owned() } else { years.to_string() };
                format!("its academic year is before the last {years}: dropped")
            }
            (Kept::Window { .. }, 1) => "its academic year has not begun: dropped".to_owned(),
            (Kept::Latest { .. }, 0) => "a later year of the same course is sent: dropped".to_owned(),
            (Kept::Latest { .. }, 1) => "another of the same course and year is sent: dropped".to_owned(),
            (Kept::Latest { .. } | Kept::Unique { .. }, _) => "it stands twice: sent once".to_owned(),
            (Kept::YearEnd { .. }, _) => format!("no year or no duration is known: `{name}` is null"),
            (Kept::LastActive { .. }, _) => format!("none of its course was active: `{name}` is null"),
            (Kept::Reference { .. }, _) => "another institute answers for it: dropped".to_owned(),
            (Kept::AsAsked { .. }, _) => format!("another `{name}` was asked for: dropped"),
            (Kept::Collapse { .. }, _) => format!("it has no `{name}`: added up with the others without"),
            (Kept::OfKind { .. }, _) => "a member of the other kind of institute: it is null".to_owned(),
            (Kept::BandsTotal { .. }, 0) => "one band alone is not shown: the total is null".to_owned(),
            (Kept::BandsTotal { .. }, _) => "the bands count more than the total: sent all the same".to_owned(),
            (Kept::Drop { .. }, 1) => "no item is left".to_owned(),
            (Kept::Needs { .. }, _) if inner => format!("none of its `{name}` is sent: dropped"),
            (Kept::Window { .. } | Kept::Drop { .. } | Kept::Needs { .. }, _) => {
                format!("`{name}` has no value: dropped")
            }
            (Kept::NotEmpty { .. }, _) => "no member has a value: dropped".to_owned(),
            (Kept::Alike { .. }, _) => format!("several have the same `{name}`: all are sent"),
            (Kept::Walk, 0) => "there is no valid tax code, and so no key: left out".to_owned(),
            (Kept::Walk, 1) => "the system lists somebody whom it does not know: left out".to_owned(),
            (Kept::Walk, 2) => "the answer has no item: left out".to_owned(),
            (Kept::Walk, _) => "the answer cannot be made: listed with a mark".to_owned(),
            (Kept::Remark { odd: Odd::Null, .. }, _) => format!("`{name}` has no value: sent as null"),
            (Kept::Remark { odd: Odd::NoIstatCode, .. }, _) => {
                format!("`{name}` is no ISTAT code: sent all the same")
            }
            (Kept::Remark { odd: Odd::Beyond(_), .. }, _) => {
                format!("`{name}` is beyond the course's duration: sent all the same")
            }
            (Kept::Remark { odd: Odd::Before(start), .. }, _) => {
                let start = named(start).map(|field| field.name).unwrap_or_default();
                format!("`{name}` is before `{start}`: sent all the same")
            }
            (Kept::Remark { odd: Odd::FewMonths, .. }, _) => {
                format!("`{name}` is one to six, as if in years: sent all the same")
            }
            _ => rule.says.to_owned(),
        }
    }
}

impl Rule {
    /// The member that it looks at, where that is one.
    pub fn looks_at(&self) -> Option<Member> {
        match self.kept {
            Kept::Window { year: member, .. }
            | Kept::Needs { member, .. }
            | Kept::Alike { key: member, .. }
            | Kept::YearEnd { date: member, .. }
            | Kept::LastActive { date: member, .. }
            | Kept::Reference { institute: member, .. }
            | Kept::AsAsked { member, .. }
            | Kept::Collapse { code: member, .. }
            | Kept::Remark { member, .. } => Some(member),
            _ => None,
        }
    }

    /// The members for want of which an item is left out.
    pub(crate) fn lacking(&self) -> Vec<Member> {
        match self.kept {
            Kept::Needs { member, .. } => vec![member],
            Kept::Drop { list, but } => {
                let members = (0..).zip(list.items.fields).map(|(place, _)| Member(place));
                members.filter(|member| !but.contains(member)).collect()
            }
            _ => Vec::new(),
        }
    }
}
