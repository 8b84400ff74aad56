//! Which member a place in a document stands in, told from what is written before it.

/// An object or list that is open.
enum Open {
    /// An object: the name of the member that is being read, and whether a name is next.
    Object { name: Option<String>, named: bool },
    /// A list: how many elements are behind.
    List(usize),
}

/// The members down to the end of what is written of a JSON document: `data[2].name`; empty at its root.
pub(super) fn of_json(before: &str) -> String {
    let mut open: Vec<Open> = Vec::new();
    let mut chars = before.chars();
    while let Some(c) = chars.next() {
        match (c, open.last_mut()) {
            ('{', _) => open.push(Open::Object { name: None, named: true }),
            ('[', _) => open.push(Open::List(0)),
            ('}' | ']', _) => {
                open.pop();
            }
            (',', Some(Open::List(at))) => *at = at.saturating_add(1),
            (',', Some(Open::Object { name, named })) => (*name, *named) = (None, true),
            (':', Some(Open::Object { named, .. })) => *named = false,
            ('"', within) => {
                let mut text = String::new();
                while let Some(c) = chars.next().filter(|c| *c != '"') {
                    text.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
                }
                if let Some(Open::Object { name, named: true }) = within {
                    *name = Some(text);
                }
            }
            _ => {}
        }
    }
    let mut path = String::new();
    for level in open {
        match level {
            Open::Object { name: Some(name), .. } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&name);
            }
            Open::Object { name: None, .. } => {}
            Open::List(at) => path.push_str(&format!("[{at}]")),
        }
    }
    path
}

/// The elements that are open at the end of what is written of an XML document: `Envelope/Body/course`.
pub(super) fn of_xml(before: &str) -> String {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = before;
    while let Some((_, behind)) = rest.split_once('<') {
        let aside = [("![CDATA[", "]]>"), ("!--", "-->"), ("?", "?>"), ("!", ">")];
        if let Some((start, end)) = aside.into_iter().find(|(start, _)| behind.starts_with(start)) {
            let inside = behind.get(start.len()..).unwrap_or_default();
            rest = inside.split_once(end).map_or("", |(_, behind)| behind);
            continue;
        }
        let (tag, behind) = behind.split_once('>').unwrap_or((behind, ""));
        rest = behind;
        let name = tag.split([' ', '\t', '\r', '\n', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            // One that is being read has not ended.
            if !behind.is_empty() || before.ends_with('>') {
                open.pop();
            }
        } else if !tag.ends_with('/') {
            open.push(name.rsplit(':').next().unwrap_or_default());
        }
    }
    open.retain(|name| !name.is_empty());
    open.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_members() {
        assert_eq!(of_json(""), "");
        assert_eq!(of_json("{\"a\": 1, \"b\": [{\"c\": 1}, {\"d\": \"x\\\"}"), "b[1].d");
        assert_eq!(of_json("[[1, 2], [3, {\"x, y\": "), "[1][1].x, y");
        assert_eq!(of_json("{\"a\": {\"b\": 1}, "), "");
        assert_eq!(of_json("{\"a\": {\"b\": 1}, \"c"), "c");
    }

    #[test]
    fn of_elements() {
        assert_eq!(of_xml(""), "");
        assert_eq!(
            of_xml("<?xml version='1.0'?><!-- <x> --><e:Envelope><e:Body><a/><b>1</b><c x='1'>4"),
            "Envelope/Body/c"
        );
        assert_eq!(of_xml("<a><![CDATA[<b>]]><c>1</c"), "a/c");
        assert_eq!(of_xml("<a><b x="), "a/b");
    }
}
