//! What leaves of an answer: all that was made, or only what the Ministry's files declare.

use crate::contract::{Declared, declared};
use crate::counter::Target;
use crate::wire::Response;

/// Which answers the operator wants sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// Each failure with a status of its own and its problem document.
    #[default]
    Problems,
    /// Only pairs of status and media type that the Ministry's files declare. Any other answer is a failure and leaves as
    /// 400 or 500, whoever is to blame, without a body. Its other headers stay: they say when to come back, what the path
    /// takes, which proof is missing.
    Declared,
}

impl Answers {
    /// The one of this name in the operator's settings.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "problems" => Some(Self::Problems),
            "declared" => Some(Self::Declared),
            _ => None,
        }
    }

    /// An answer to what was asked, as it is sent.
    pub fn sent(self, target: Target, made: Response) -> Response {
        match self {
            Self::Declared if !is_declared(target, &made) => without_body(made),
            Self::Problems | Self::Declared => made,
        }
    }
}

/// What the files declare as answers; nothing where they have no such path.
fn pairs(target: Target) -> &'static [Declared] {
    match target {
        Target::Operation(_) => declared::OF_OPERATIONS,
        Target::Status(_) => declared::OF_STATUS,
        Target::None => &[],
    }
}

fn is_declared(target: Target, response: &Response) -> bool {
    let kind = response.headers.iter().find(|(name, _)| *name == CONTENT_TYPE).map(|(_, value)| value.as_str());
    let bare = response.body.is_empty();
    pairs(target).iter().any(|pair| pair.status == response.status && pair.media_type == kind && bare == kind.is_none())
}

fn without_body(made: Response) -> Response {
    let Response { status, mut headers, body: _ } = made;
    headers.retain(|(name, _)| *name != CONTENT_TYPE);
    Response { status: if status < 500 { 400 } else { 500 }, headers, body: Vec::new() }
}

const CONTENT_TYPE: &str = "content-type";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::OperationId;
    use crate::problem::{CODES, Problem};

    const TARGETS: [Target; 3] = [Target::None, Target::Status(2), Target::Operation(OperationId::Ifs02_1)];

    #[test]
    fn a_problem_leaves_as_one_of_two_bare_statuses() {
        for target in TARGETS {
            for code in CODES {
                let made = Problem::from(*code).response("id-1");
                let kept = Answers::Problems.sent(target, made.clone());
                assert_eq!((kept.status, &kept.body), (code.status(), &made.body), "{}", code.as_str());
                let sent = Answers::Declared.sent(target, made.clone());
                let fault_of_the_request = (400..500).contains(&code.status());
                assert_eq!(sent.status, if fault_of_the_request { 400 } else { 500 }, "{}", code.as_str());
                assert!(sent.body.is_empty());
                let mut headers = made.headers;
                headers.retain(|(name, _)| *name != "content-type");
                assert_eq!(sent.headers, headers, "{}: all else stays", code.as_str());
            }
        }
    }

    #[test]
    fn what_is_declared_leaves_as_it_is() {
        let json = vec![("content-type", "application/json".to_owned()), ("cache-control", "no-store".to_owned())];
        let answer = Response { status: 200, headers: json, body: b"{}".to_vec() };
        let sent = Answers::Declared.sent(TARGETS[2], answer.clone());
        assert_eq!((sent.status, sent.headers, sent.body), (answer.status, answer.headers, answer.body));
        let well = Response { status: 204, headers: Vec::new(), body: Vec::new() };
        assert_eq!(Answers::Declared.sent(TARGETS[1], well).status, 204);
    }

    #[test]
    fn a_mode_has_its_name() {
        assert_eq!(Answers::named("problems"), Some(Answers::default()));
        assert_eq!(Answers::named("declared"), Some(Answers::Declared));
        assert_eq!(Answers::named("Declared"), None);
    }
}
