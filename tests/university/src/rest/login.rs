//! Who may enter: HTTP Basic, or the Bearer token that `login` gives.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::row::Row;
use super::{Call, Reply};
use crate::rng::mix;

/// The door of the system.
pub(crate) struct Door {
    user: String,
    /// The header that is right; nothing where everybody may enter.
    basic: Option<String>,
    tokens: Mutex<HashSet<String>>,
}

impl Door {
    /// A door for one user; an empty name leaves it open.
    pub(crate) fn new(user: &str, password: &str) -> Self {
        let basic = (!user.is_empty()).then(|| format!("Basic {}", base64(format!("{user}:{password}").as_bytes())));
        Self { user: user.to_owned(), basic, tokens: Mutex::new(HashSet::new()) }
    }

    /// Whether an `authorization` header lets its call in.
    pub(crate) fn admits(&self, authorization: Option<&str>) -> bool {
        let Some(basic) = &self.basic else { return true };
        let Some(given) = authorization else { return false };
        let bearer = given.strip_prefix("Bearer ");
        given == basic || bearer.is_some_and(|token| self.tokens().contains(token))
    }

    /// Answers `login`, or with `only_token` the calls that give a new token.
    pub(crate) fn login(&self, call: &Call<'_>, only_token: bool) -> Reply {
        let wanted = call.query("optionalFields").is_some_and(|fields| fields.split(',').any(|field| field == "jwt"));
        let token = (only_token || wanted).then(|| self.new_token());
        let mut body = String::new();
        Row::object(&mut body, |row| {
            if !only_token {
                row.text("authToken", "session-of-the-simulator").int("expPwd", 0);
                row.member("credentials", |row| {
                    row.text("kind", "BASIC").text("profile", "USER_TECNICO").text("user", &self.user);
                });
                row.member("user", |row| {
                    row.text("codFis", "").null("persId").int("id", 1).int("grpId", 6).int("grpUserTecnicoFlg", 1);
                });
            }
            if let Some(token) = &token {
                row.text("jwt", token);
            }
        });
        Reply::json(200, body)
    }

    /// A token in the shape of a JWT; it is known by having been given out.
    fn new_token(&self) -> String {
        let mut tokens = self.tokens();
        let number = mix(tokens.len() as u64);
        let claims = format!(r#"{{"sub":"simulator","jti":"{number}"}}"#);
        let parts = [br#"{"alg":"HS256"}"#.as_slice(), claims.as_bytes(), &number.to_be_bytes()];
        let token = parts.map(|part| base64(part).replace('+', "-").replace('/', "_").replace('=', "")).join(".");
        tokens.insert(token.clone());
        token
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Base 64 with padding; a dozen lines rather than a dependency.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648 §10.
    #[test]
    fn base64_vectors() {
        let vectors = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in vectors {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn only_the_right_credentials_and_given_tokens_enter() {
        let door = Door::new("user", "pass");
        assert!(door.admits(Some("Basic dXNlcjpwYXNz")));
        for wrong in [None, Some(""), Some("Basic dXNlcjpwYXN0"), Some("Bearer x"), Some("dXNlcjpwYXNz")] {
            assert!(!door.admits(wrong), "{wrong:?}");
        }
        let token = door.new_token();
        assert!(door.admits(Some(&format!("Bearer {token}"))) && token.split('.').count() == 3);
        assert_ne!(token, door.new_token());
        assert!(Door::new("", "").admits(None));
    }
}
