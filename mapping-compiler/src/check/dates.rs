//! Formats of dates: written in the mapping, and checked before the first date arrives.

use adapter_core::bundle::{BinaryOp, Expr, Function};
use adapter_core::value::date::{PARTS, Piece, Pieces};

use super::Check;
use super::cx::Origined;
use crate::cel::Node;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

const MEANING: &str = "Year `yyyy`, month `MM`, day `dd`, hour `HH`, minute `mm`, second `ss`; everything else stands as it \
                       is, also between single quotes. Without a format `date` reads ISO, with a time, fraction and offset.";

const UNITS: &str = "`romeDate(a)` or `romeDate(a, 'ms')` of milliseconds since 1970, `romeDate(a, 's')` of seconds.";

impl Check<'_> {
    /// Looks at the formats of `date` and `formatDate`, and the unit of `romeDate`.
    pub(super) fn formats_of_dates(
        &mut self,
        function: Function,
        args: &[Expr],
        nodes: &[&Node],
        origin: Origined<'_>,
    ) {
        if !matches!(function, Function::Date | Function::FormatDate | Function::RomeDate) {
            return;
        }
        for (expr, node) in args.iter().zip(nodes).skip(1) {
            let text = match expr {
                Expr::Text(id) => self.bundle.texts.get(id.at()).cloned(),
                _ => None,
            };
            let found = match (&text, function) {
                (Some(text), Function::RomeDate) if matches!(text.as_str(), "ms" | "s") => None,
                (_, Function::RomeDate) => {
                    Some(("The unit of an instant is a text written in the mapping.".to_owned(), UNITS))
                }
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

impl Check<'_> {
    /// Warns of a quotient that is a number of days in UTC.
    pub(super) fn days_of_utc(&mut self, op: BinaryOp, by: &Expr, span: Span) {
        if op == BinaryOp::Divide
            && let Some(unit) = day_of(by)
        {
            let unit = if unit == "ms" { "milliseconds" } else { "seconds" };
            let message = format!("A day's {unit} are counted in UTC; in Rome it may be the next day by then.");
            let help = "`romeDate(a)` gives the day in Rome of milliseconds since 1970, `romeDate(a, 's')` of seconds.";
            self.report.push(Diagnostic::new(Code::DateUtc, span, message).help(help));
        }
    }

    /// The instant whose days are counted from 1 January 1970 on, `shift(day(1970, 1, 1), string(a / 86400000) + 'd')`, as
    /// a date in Rome.
    pub(super) fn instant_in_days(&mut self, args: &[Expr]) -> Option<Expr> {
        let [Expr::Function { function: Function::Day, args: epoch }, Expr::Binary { op: BinaryOp::Add, left, right }] =
            args
        else {
            return None;
        };
        let is_epoch = matches!(epoch.as_slice(), [Expr::Int(1970), Expr::Int(1), Expr::Int(1)]);
        let in_days = matches!(&**right, Expr::Text(id) if self.bundle.texts.get(id.at()).is_some_and(|t| t == "d"));
        let Expr::Function { function: Function::String, args: count } = &**left else { return None };
        let [Expr::Binary { op: BinaryOp::Divide, left: instant, right: by }] = count.as_slice() else { return None };
        let unit = day_of(by).filter(|_| is_epoch && in_days)?;
        let unit = self.text(unit);
        Some(Expr::Function { function: Function::RomeDate, args: vec![(**instant).clone(), unit] })
    }
}

/// What a day is counted in, if this is its length.
fn day_of(length: &Expr) -> Option<&'static str> {
    match length {
        Expr::Int(86_400_000) => Some("ms"),
        Expr::Int(86_400) => Some("s"),
        _ => None,
    }
}

/// What is wrong with a format that dates are read by. The first three parts must be there.
fn unreadable(format: &str) -> Option<(String, &'static str)> {
    let mut found = [0_usize; PARTS.len()];
    let mut word = String::new();
    let mut pieces = Pieces::new(format);
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Part(part) => {
                let times = found.get_mut(part)?;
                *times = times.saturating_add(1);
            }
            Piece::Literal(c) if c.is_ascii_alphabetic() => {
                word.clear();
                word.push(c);
                while let Some(Piece::Literal(next)) = pieces.clone().next().filter(|next| *next == piece) {
                    word.push(next);
                    pieces.next();
                }
                // As ISO writes a time behind a date.
                if !matches!(word.as_str(), "T" | "Z") {
                    return Some((format!("`{word}` means nothing in the format of a date."), MEANING));
                }
            }
            Piece::Literal(_) | Piece::Quoted(_) => {}
        }
    }
    if pieces.is_quoted() {
        return Some(("A quote in the format is not closed.".to_owned(), MEANING));
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
    const KNOWN: &str =
        "`formatDate` knows `yyyy`, `MM` and `dd`; everything else stands as it is, also between single quotes.";
    let mut pieces = Pieces::new(format);
    let mut plain = String::new();
    let mut time = None;
    for piece in &mut pieces {
        match piece {
            Piece::Part(part @ 3..) => time = time.or(PARTS.get(part).copied()),
            Piece::Literal(c) => plain.push(c),
            Piece::Part(_) | Piece::Quoted(_) => plain.push('\0'),
        }
    }
    if pieces.is_quoted() {
        return Some(("A quote in the format is not closed.".to_owned(), KNOWN));
    }
    let other = ["YYYY", "DD", "yy"].into_iter().find(|other| plain.contains(other)).or(time);
    other.map(|other| (format!("`{other}` means nothing in the format of a date."), KNOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_a_date() {
        for format in [
            "yyyy-MM-dd",
            "dd.MM.yyyy HH:mm",
            "yyyyMMddHHmmss",
            "yyyy-MM-ddTHH:mm:ssZ",
            "yyyy-MM-dd'T'HH:mm:ss'Z'",
            "dd 'del mese' MM ''yyyy",
        ] {
            assert_eq!(unreadable(format), None, "{format}");
        }
        for format in [
            "dd/mm/yyyy",
            "YYYY-MM-DD",
            "yy-MM-dd",
            "d/M/yyyy",
            "dd MMMM yyyy",
            "MM/yyyy",
            "dd/dd/MM/yyyy",
            "",
            "yyyy-MM-dd'T",
            "yyyy-MM-dd'T'HH:mm:ssXXX",
            "yyyy-MM-dd'T'HH:mm:ss.SSS",
            "'yyyy'-MM-dd",
        ] {
            assert!(unreadable(format).is_some(), "{format}");
        }
    }

    #[test]
    fn formats_to_write_by() {
        assert_eq!(unwritable("dd/MM/yyyy"), None);
        assert_eq!(unwritable("yyyyMMddT00:00:00"), None);
        assert_eq!(unwritable("yyyy-MM-dd'T HH'"), None);
        for format in ["DD/MM/YYYY", "dd/mm/yyyy", "yyyy-MM-dd HH:00", "yyyy-MM-dd'T"] {
            assert!(unwritable(format).is_some(), "{format}");
        }
    }
}
