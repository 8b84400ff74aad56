//! Which APIs the institute owes by its size, and how many students a count by listing can take in.

use std::collections::BTreeSet;

use adapter_core::bundle::{CallIndex, Pages};
use adapter_core::contract::{self, OPERATIONS, Operation, OperationId, api_name};

use super::Check;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::OperationText;

/// Operations that count all students.
const COUNTS: [OperationId; 2] = [OperationId::Ifs08_1, OperationId::Ifs09_1];

impl Check<'_> {
    /// Whether an operation is answered: this version does, and the institute has not switched its API off.
    pub(super) fn is_answered(&self, operation: &Operation) -> bool {
        !self.is_off(operation)
    }

    pub(super) fn is_off(&self, operation: &Operation) -> bool {
        self.mapping.offered.off.contains(&operation.id.api())
    }

    /// Says which APIs an institute of this size must answer and the mapping does not have.
    pub(super) fn owed(&mut self) {
        let Some((students, at)) = self.mapping.offered.students else { return };
        let last = contract::last_owed(students);
        let owed = |o: &&Operation| o.id.api() <= last;
        let lacking = |o: &&Operation| self.is_off(o) || !self.mapping.operations.iter().any(|t| t.id.text == o.name);
        let (mut whole, mut parts, mut off) = (Vec::new(), Vec::new(), Vec::new());
        for api in 1..=last {
            let of_api = || OPERATIONS.iter().copied().filter(owed).filter(|o| o.id.api() == api);
            let missing: Vec<&Operation> = of_api().filter(lacking).collect();
            if self.mapping.offered.off.contains(&api) {
                off.push(api_name(api));
            } else if missing.len() == of_api().count() {
                whole.push(api_name(api));
            } else {
                parts.extend(missing.iter().map(|o| o.name));
            }
        }
        let said = [("Not mapped: ", whole), ("Mapped in part, without ", parts), ("Switched off: ", off)];
        let said: Vec<String> = said
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what}{}.", names.join(", ")))
            .collect();
        if said.is_empty() {
            return;
        }
        let message =
            format!("An institute of {students} students must answer IFS01 to {}. {}", api_name(last), said.join(" "));
        let help = "What is not mapped is answered 404. The sizes are those of the notice (GEN-1).";
        self.report.push(Diagnostic::new(Code::ApiMissing, at, message).help(help));
    }

    /// Says how many students an operation can count that lists them all, if the institute has more or does not say.
    pub(super) fn listing(&mut self, text: &OperationText, contract: &Operation, calls: &BTreeSet<CallIndex>) {
        if !COUNTS.contains(&contract.id) {
            return;
        }
        let limits = &self.bundle.limits;
        let lists = calls.iter().filter_map(|index| self.bundle.calls.get(index.at())).filter_map(|call| {
            let Pages::Many(paging) = &call.pages else { return None };
            let pages = limits.pages.min(limits.calls).min(paging.max.map_or(u64::MAX, u64::from));
            let of_pages = pages.saturating_mul(u64::from(paging.size));
            let (most, limit) = if of_pages < limits.rows { (of_pages, "pages") } else { (limits.rows, "rows") };
            Some((call.name.clone(), most, limit))
        });
        let Some((call, most, limit)) = lists.min_by_key(|(_, most, _)| *most) else { return };
        let Some(count) = self.mapping.offered.students.map(|(count, _)| count) else {
            self.report.assumed.push(format!(
                "{} counts all students by `{call}`, {most} rows at most; `institute.students` says whether that is enough",
                contract.name
            ));
            return;
        };
        if count <= most {
            return;
        }
        let message = format!(
            "{} reads `{call}` page by page, {most} rows at most: too few if there is one for each student, and the institute has {count}.",
            contract.name
        );
        let help = format!("Let a view of the system count. Or raise `limits.{limit}`, and mind `limits.deadline`.");
        self.report.push(Diagnostic::new(Code::ApiListing, text.id.span, message).help(help));
    }
}
