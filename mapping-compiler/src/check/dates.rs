//! Formats of dates: written in the mapping, and checked before the first date arrives.

use adapter_core::bundle::Expr;
use adapter_core::bundle::Function;

use super::Check;
use super::cx::Origined;
use crate::cel::Node;
use crate::diagnostic::{Code, Diagnostic};

/// Parts of a format; the first three must be there.
const PARTS: [&str; 6] = ["yyyy", "MM", "dd", "HH", "mm", "ss"];

const MEANING: &str = "Year `yyyy`, month `MM`, day `dd`, hour `HH`, minute `mm`, second `ss`; everything else stands as it \
                       is.";

impl Check<'_> {
    /// Looks at the formats of `date` and `formatDate`.
    pub(super) fn formats_of_dates(
        &mut self,
        function: Function,
        args: &[Expr],
        nodes: &[&Node],
        origin: Origined<'_>,
    ) {
        if !matches!(function, Function::Date | Function::FormatDate) {
            return;
        }
        for (expr, node) in args.iter().zip(nodes).skip(1) {
            let text = match expr {
                Expr::Text(id) => self.bundle.texts.get(id.at()).cloned(),
                _ => None,
            };
            let found = match (&text, function) {
                (None, Function::FormatDate) => None,
                (None, _) => Some(("The format of a date is a text written in the mapping.".to_owned(), MEANING)),
                (Some(text), Function::FormatDate) => unwritable(text),
                (Some(text), _) => unreadable(text),
            };
            if let Some((message, help)) = found {
                let span = origin.span(&node.at);
                self.report.push(Diagnostic::new(Code::FunctionArguments, span, message).help(help));
            }
        }
    }
}

/// What is wrong with a format that dates are read by.
fn unreadable(format: &str) -> Option<(String, &'static str)> {
    let mut found = [0_usize; PARTS.len()];
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let part = PARTS.iter().zip(&mut found).find(|(part, _)| rest.starts_with(**part));
        let length = match part {
            Some((part, times)) => {
                *times = times.saturating_add(1);
                part.len()
            }
            None if c.is_ascii_alphabetic() => {
                let word: String = rest.chars().take_while(|next| *next == c).collect();
                // As ISO writes a time behind a date.
                if !matches!(word.as_str(), "T" | "Z") {
                    return Some((format!("`{word}` means nothing in the format of a date."), MEANING));
                }
                word.len()
            }
            None => c.len_utf8(),
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    let times = PARTS.iter().zip(found);
    if let Some((part, _)) = times.clone().find(|(_, times)| *times > 1) {
        return Some((format!("`{part}` stands twice in the format."), MEANING));
    }
    let missing = times.take(3).find(|(_, times)| *times == 0);
    missing.map(|(part, _)| (format!("The format lacks `{part}`: a date has a year, a month and a day."), MEANING))
}

/// What is wrong with a format that dates are written by.
fn unwritable(format: &str) -> Option<(String, &'static str)> {
    let rest = format.replace("yyyy", "").replace("MM", "").replace("dd", "");
    let other = ["YYYY", "DD", "HH", "mm", "ss", "yy"].into_iter().find(|other| rest.contains(other));
    other.map(|other| {
        let help = "`formatDate` knows `yyyy`, `MM` and `dd`; everything else stands as it is.";
        (format!("`{other}` means nothing in the format of a date."), help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_a_date() {
        for format in ["yyyy-MM-dd", "dd.MM.yyyy HH:mm", "yyyyMMddHHmmss", "yyyy-MM-ddTHH:mm:ssZ"] {
            assert_eq!(unreadable(format), None, "{format}");
        }
        for format in
            ["dd/mm/yyyy", "YYYY-MM-DD", "yy-MM-dd", "d/M/yyyy", "dd MMMM yyyy", "MM/yyyy", "dd/dd/MM/yyyy", ""]
        {
            assert!(unreadable(format).is_some(), "{format}");
        }
    }

    #[test]
    fn formats_to_write_by() {
        assert_eq!(unwritable("dd/MM/yyyy"), None);
        assert_eq!(unwritable("yyyyMMddT00:00:00"), None);
        for format in ["DD/MM/YYYY", "dd/mm/yyyy", "yyyy-MM-dd HH:00"] {
            assert!(unwritable(format).is_some(), "{format}");
        }
    }
}
