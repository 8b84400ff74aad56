//! Diagnostics as commands of GitHub's workflows, which shows them beside the lines they are about.

use std::fmt::Write as _;

use super::{Report, visible};

pub(super) fn render(report: &Report) -> String {
    let mut out = String::new();
    for d in report.diagnostics() {
        let _ = write!(out, "::{} ", d.code.severity().as_str());
        if let Some(label) = d.labels.first() {
            let (start, end) = (report.sources.start(label.span), report.sources.end(label.span));
            let name = report.sources.file(label.span.file).map_or("", |f| f.name.as_str());
            let _ = write!(out, "file={},line={},endLine={},", property(&visible(name)), start.line, end.line);
            // Columns are understood only within one line.
            if start.line == end.line {
                let _ = write!(out, "col={},endColumn={},", start.column, end.column);
            }
        }
        let text = d.help.iter().fold(visible(&d.message), |text, help| format!("{text}\n{}", visible(help)));
        let _ = writeln!(out, "title={}::{}", property(d.code.as_str()), data(&format!("{text}\n{}", d.code.page())));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100% of\r\na: b, c"), "100%25 of%0D%0Aa: b, c");
        assert_eq!(property("C:\\x,y%\n"), "C%3A\\x%2Cy%25%0A");
    }
}
