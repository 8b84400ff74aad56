//! Tables: declared first, written last, when it is known which columns are read.

use std::rc::Rc;

use adapter_core::bundle::TableIndex;

use super::Check;
use super::cx::Cx;
use super::defs::What;
use super::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::suggest;
use crate::tables;

impl Check<'_> {
    pub(super) fn read_tables(&mut self, file: &Rc<Scope>) {
        let cx = Cx::new(file);
        let mapping = self.mapping;
        self.tables = tables::read_all(self.report, &mapping.tables, &mapping.institute.code, self.files);
        for (index, table) in mapping.tables.iter().enumerate() {
            self.declare(&cx, &table.name, What::Table(index));
        }
    }

    /// The table's place in the bundle; it gets one when it is first used.
    pub(super) fn table_index(&mut self, table: usize) -> TableIndex {
        let place = self.table_order.iter().position(|t| *t == table).unwrap_or_else(|| {
            self.table_order.push(table);
            self.table_order.len().saturating_sub(1)
        });
        TableIndex::try_from(place).unwrap_or(TableIndex::MAX)
    }

    pub(super) fn use_column(&mut self, table: usize, column: &str, span: Span) {
        let Some(data) = self.tables.get_mut(table) else { return };
        if let Some(at) = data.columns.iter().position(|c| c == column) {
            data.used.insert(at);
            return;
        }
        let message = format!("The table `{}` has no column `{column}`.", data.name.text);
        let help = suggest::help(column, data.columns.iter().map(String::as_str))
            .unwrap_or_else(|| format!("It has {}.", data.columns.join(", ")));
        let also = data.name.span;
        self.report.push(Diagnostic::new(Code::TableColumn, span, message).also(also, "the table").help(help));
    }

    pub(super) fn finish_tables(&mut self) {
        for place in self.table_order.clone() {
            let Some(data) = self.tables.get(place) else { continue };
            let columns: Vec<String> = data.kept().into_iter().filter_map(|at| data.columns.get(at).cloned()).collect();
            if data.asked_for_one
                && let Some(tables::Ambiguous { keys, of, example }) = data.ambiguous()
            {
                let have = if keys == 1 { "has" } else { "have" };
                let message = format!(
                    "Of {of} keys of the table `{}` {keys} {have} several rows: looking one up fails the answer.",
                    data.name.text
                );
                let first = format!("The first is {}.", example.join(", "));
                let help =
                    "Add a key column that tells them apart, choose rows with `where`, or take all with `rows(…)`.";
                let diagnostic = Diagnostic::new(Code::TableAmbiguous, data.name.span, message);
                self.report.push(diagnostic.help(first).help(help));
            }
            let names = columns.iter().map(|c| self.name(c)).collect();
            let Some(data) = self.tables.get(place) else { continue };
            self.bundle.tables.push(data.write(names));
        }
    }
}
