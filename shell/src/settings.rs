//! The plugin configuration: JSON with the bundle in it.
//!
//! `{"trust": "development", "answers": "problems", "now": "2026-03-01T09:00:00Z", "bundle": {…}}`; only `bundle` must be
//! there. In front of a ministry `trust` says who proves whose identity: see [`adapter_core::identity`].

use adapter_core::value::date::parse_instant;
use adapter_core::value::raw_members;
use adapter_core::{Answers, CursorKeys, Plan, Trust};

/// Deepest nesting of a plugin configuration; the bundle in it has a bound of its own.
const DEPTH: usize = 500;

/// What the operator configured.
#[derive(Debug)]
pub struct Settings<'a> {
    /// How far the gateway is trusted to have proved who calls.
    pub trust: Trust,
    /// Which answers are sent.
    pub answers: Answers,
    /// A clock that stands still, milliseconds since 1970-01-01T00:00:00Z; for tests, so only development has it.
    pub now_ms: Option<i64>,
    /// The bundle file's bytes.
    pub bundle: &'a [u8],
}

/// The variable of the VM's environment that holds a secret: `IFS_SECRET_` and its name in upper case, with `_` for all
/// that is no letter or digit.
pub fn secret_variable(name: &str) -> String {
    let plain = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' });
    "IFS_SECRET_".chars().chain(plain).collect()
}

/// The variables with the keys that cursors are sealed with, and opened only.
pub const CURSOR_KEYS: [&str; 2] = ["IFS_CURSOR_KEY", "IFS_CURSOR_KEY_OTHER"];

/// The variable with the key of the digests by which changes are known.
pub const REFERENCE_KEY: &str = "IFS_REF_KEY";

/// Whether a variable holds a key of the gateway's own, and no secret of a mapping.
pub fn is_key(variable: &str) -> bool {
    variable == REFERENCE_KEY || CURSOR_KEYS.contains(&variable)
}

/// The variables with the keys that a bundle must have.
pub fn keys_of(plan: &Plan) -> Vec<&'static str> {
    let [seals, _] = CURSOR_KEYS;
    let keys = [(plan.walks(), seals), (plan.changes(), REFERENCE_KEY)];
    keys.into_iter().filter(|(needed, _)| *needed).map(|(_, name)| name).collect()
}

/// The keys of cursors, out of an environment.
pub fn cursor_keys(variable: impl Fn(&str) -> Option<String>) -> CursorKeys {
    let [seals, opens] = CURSOR_KEYS.map(variable);
    CursorKeys { seals, opens }
}

impl<'a> Settings<'a> {
    /// Reads a plugin configuration.
    ///
    /// # Errors
    /// Says in one sentence what does not fit.
    pub fn parse(json: &'a [u8]) -> Result<Self, String> {
        let fault = |what: &str| Err(format!("the plugin configuration {what}"));
        if json.is_empty() {
            return fault("is empty; it must hold a bundle");
        }
        let text = std::str::from_utf8(json).map_err(|_| "the plugin configuration is not UTF-8")?;
        let Ok(members) = raw_members(text, DEPTH) else { return fault("is not one JSON object, each member once") };
        let (mut trust, mut answers, mut now, mut bundle) = (Trust::Unset, Answers::default(), None, None);
        for (name, raw) in members {
            match (name.as_str(), raw) {
                ("trust" | "answers" | "now", "null") => {}
                ("trust", raw) => trust = Trust::parse(raw).map_err(|e| ["the plugin configuration: ", &e].concat())?,
                ("answers", raw) => match unquoted(raw).and_then(Answers::named) {
                    Some(named) => answers = named,
                    None => return fault("has an `answers` that is neither `problems` nor `declared`"),
                },
                ("now", raw) => now = Some(raw),
                ("bundle", raw) => bundle = Some(raw.as_bytes()),
                (other, _) => return fault(&format!("has a member `{other}` that is not known")),
            }
        }
        let Some(bundle) = bundle else { return fault("has no `bundle`") };
        let now_ms = match now {
            None => None,
            Some(_) if !matches!(trust, Trust::Development) => {
                return fault("has `now`, which is for `trust: development` only");
            }
            Some(raw) => match unquoted(raw).and_then(parse_instant) {
                None => return fault("has a `now` that is not of the form 2026-03-01T09:00:00Z"),
                ms => ms,
            },
        };
        Ok(Self { trust, answers, now_ms, bundle })
    }
}

/// The text that a JSON value is, of those that hold nothing that is escaped.
fn unquoted(raw: &str) -> Option<&str> {
    raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(json: &str) -> String {
        Settings::parse(json.as_bytes()).expect_err("must be refused")
    }

    #[test]
    fn a_secret_has_its_variable() {
        assert_eq!(secret_variable("esse3_user"), "IFS_SECRET_ESSE3_USER");
        assert_eq!(secret_variable("a-b.1"), "IFS_SECRET_A_B_1");
    }

    #[test]
    fn a_bundle_alone_leaves_trust_unset() {
        let settings = Settings::parse(br#"{"bundle": {"a": 1.0} }"#).unwrap();
        assert!(matches!(settings.trust, Trust::Unset));
        assert_eq!(settings.now_ms, None);
        // The digest is over these very bytes.
        assert_eq!(settings.bundle, br#"{"a": 1.0}"#);
    }

    #[test]
    fn development_may_fix_the_clock() {
        let settings = Settings::parse(br#"{"trust":"development","now":"2026-03-01T09:00:00Z","bundle":{}}"#).unwrap();
        assert!(matches!(settings.trust, Trust::Development));
        // 2026-03-01T09:00:00Z is 1,772,355,600 s after the epoch.
        assert_eq!(settings.now_ms, Some(1_772_355_600_000));
    }

    #[test]
    fn answers_are_problems_unless_it_is_said() {
        let answers = |json: &str| Settings::parse(json.as_bytes()).unwrap().answers;
        assert_eq!(answers(r#"{"bundle":{}}"#), Answers::Problems);
        assert_eq!(answers(r#"{"answers":null,"bundle":{}}"#), Answers::Problems);
        assert_eq!(answers(r#"{"answers":"problems","bundle":{}}"#), Answers::Problems);
        assert_eq!(answers(r#"{"answers":"declared","bundle":{}}"#), Answers::Declared);
        for other in ["\"Declared\"", "\"\"", "true", "{}", "declared"] {
            let json = format!(r#"{{"answers":{other},"bundle":{{}}}}"#);
            assert!(Settings::parse(json.as_bytes()).is_err(), "{json}");
        }
    }

    #[test]
    fn nothing_else_may_fix_the_clock() {
        assert!(refused(r#"{"now":"2026-03-01T09:00:00Z","bundle":{}}"#).contains("only"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(refused("").contains("empty"));
        assert!(refused("{").contains("not one JSON object"));
        assert!(refused(r#"{"trust":"development"}"#).contains("no `bundle`"));
        assert!(refused(r#"{"trust":"voucher","bundle":{}}"#).contains("`trust`"));
        assert!(refused(r#"{"trust":{"identity":"vouchers"},"bundle":{}}"#).contains("`identity`"));
        assert!(
            refused(r#"{"trust":{"identity":"voucher"},"now":"2026-03-01T09:00:00Z","bundle":{}}"#).contains("only")
        );
        assert!(refused(r#"{"trsut":"development","bundle":{}}"#).contains("trsut"));
        assert!(refused(r#"{"bundle":{},"bundle":{}}"#).contains("once"));
        assert!(refused(r#"{"trust":"development","now":"yesterday","bundle":{}}"#).contains("form"));
        assert!(refused(r#"{"trust":"development","now":7,"bundle":{}}"#).contains("form"));
    }
}
