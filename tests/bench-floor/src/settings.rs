//! What the filter is told.

use bench_answer::Answers;
use serde::Deserialize;

/// The plugin configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plugin {
    years: Vec<u16>,
    current: u16,
    soap: bool,
}

/// How the list is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Ask {
    /// Once for all years.
    Whole,
    /// Once for each of these.
    Years(Vec<u16>),
    /// Once, over SOAP.
    Soap,
}

/// Everything that is known before a request.
#[derive(Debug)]
pub struct Settings {
    /// How the list is asked for.
    pub ask: Ask,
    /// What becomes of it.
    pub answers: Answers,
}

impl Settings {
    /// Out of the plugin configuration; none if it is wrong.
    pub fn read(plugin: &[u8]) -> Option<Self> {
        let Plugin { years, current, soap } = serde_json::from_slice(plugin).ok()?;
        let ask = match years {
            _ if soap => Ask::Soap,
            years if years.is_empty() => Ask::Whole,
            years => Ask::Years(years),
        };
        Some(Self { ask, answers: Answers::new(current).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_configured() {
        let ask = |text: &str| Settings::read(text.as_bytes()).map(|settings| settings.ask);
        assert_eq!(ask(r#"{"years":[],"current":2025,"soap":false}"#), Some(Ask::Whole));
        assert_eq!(ask(r#"{"years":[2025],"current":2025,"soap":false}"#), Some(Ask::Years(vec![2025])));
        assert_eq!(ask(r#"{"years":[],"current":2025,"soap":true}"#), Some(Ask::Soap));
        assert_eq!(ask("{}"), None);
    }
}
