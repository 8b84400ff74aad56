//! What is said of a change (IFS04-C3): whether it was accepted, what state the request is in, its code, and words.
//!
//! Of these the mapping makes words, and the code where the system gives one. A code that is missing, or too long to be
//! asked for again, stays null: whoever made the change sees that and does not send the answer.

use crate::contract::{Given, How, MOST_CODE, fit};
use crate::problem::Code;
use crate::settle::Setting;
use crate::settle::draft::{Draft, Fault};
use crate::value::Value;

/// What has become of a change, as far as the mapping does not say it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// It was accepted.
    pub approved: bool,
    /// The state of the request; none if there is no request.
    pub status: Value,
    /// The code of the request, where the answer does not bring it.
    pub code: Value,
    /// What is said, where the answer does not bring it.
    pub message: Value,
    /// What is said where the mapping says nothing, or what it says cannot be sent.
    pub words: &'static str,
}

pub(super) fn keep(draft: &mut Draft<'_>, setting: Setting<'_>) -> Result<(), Fault> {
    let Some(outcome) = setting.outcome else { return Ok(()) };
    let mut text = |text: &str| draft.arena.make_text(text).map(Value::Text).map_err(|_| Code::LimitLegacyTotal);
    let response = text(if outcome.approved { "approved" } else { "rejected" })?;
    let words = text(outcome.words)?;
    let Some(answer) = draft.levels.first_mut() else { return Err(Code::MappingAnswer.into()) };
    for (place, field) in answer.object.fields.iter().enumerate() {
        let made = answer.row(0).get(place).copied().unwrap_or_default();
        let value = match field.name {
            "response_code" => response,
            "file_status" => outcome.status,
            "file_code" if made.is_null() => outcome.code,
            "file_code" => match made {
                Value::Text(code) if draft.arena.text(code).chars().nth(MOST_CODE).is_some() => Value::Null,
                made => made,
            },
            "message" if made.is_null() => {
                let told = fit(&field.kind, Given::of(draft.arena, outcome.message), How::Made).is_ok();
                if told && !outcome.message.is_null() { outcome.message } else { words }
            }
            _ => made,
        };
        answer.set(0, place, value);
    }
    Ok(())
}
