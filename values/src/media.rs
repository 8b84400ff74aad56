//! Media types as `Content-Type` has them.

/// The media type itself.
pub fn essence(content_type: &str) -> &str {
    content_type.split([';', ',']).next().unwrap_or_default().trim_ascii()
}

/// A parameter's value as it is written; quoted texts may hold what else would end it.
#[inline(never)]
pub fn parameter<'a>(content_type: &'a str, name: &str) -> Option<&'a str> {
    let mut quoted = false;
    let mut parts = content_type.split(|c| {
        quoted ^= c == '"';
        !quoted && matches!(c, ';' | ',')
    });
    parts.next();
    parts.find_map(|part| {
        let (known, value) = part.split_once('=')?;
        known.trim_ascii().eq_ignore_ascii_case(name).then_some(value.trim_ascii())
    })
}

/// A value without the quotes around it.
pub fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_outside_of_quotes() {
        let media = "text/xml; a = \"x; b=1\" ;B=2, c=\"\";d;e='f'";
        let values = ["a", "b", "c", "d", "e", "text/xml"].map(|name| parameter(media, name));
        assert_eq!(values, [Some("\"x; b=1\""), Some("2"), Some("\"\""), None, Some("'f'"), None]);
        assert_eq!((unquoted("\"x; b=1\""), unquoted("'f'"), unquoted("\"")), ("x; b=1", "'f'", "\""));
        assert_eq!((essence(media), essence("")), ("text/xml", ""));
    }
}
