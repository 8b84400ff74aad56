//! The member `trust` of a plugin configuration.

use super::{Allowed, EService, Gateway, Trust, is_printable};
use crate::contract;
use crate::value::raw_members;

/// Deepest nesting of the member.
const DEPTH: usize = 8;

/// Most characters of a configured name or id; a DNS name has up to 253.
const LONGEST: usize = 256;

/// Where the gateway puts the payloads of vouchers if nobody says otherwise.
const VOUCHERS: &str = "pdnd";

type Members<'a> = Vec<(String, &'a str)>;

/// Says what does not fit, and where: `trust`, then a path in it. Like all that runs once in a bundle's life it is marked
/// cold, for its size.
#[cold]
fn fault(path: &str, name: &str, what: &str) -> String {
    ["`trust", path, name, "` ", what].concat()
}

#[cold]
pub(super) fn trust(json: &str) -> Result<Trust, String> {
    if json == "\"development\"" {
        return Ok(Trust::Development);
    }
    let mut gateway = Box::new(Gateway { vouchers: VOUCHERS.to_owned(), ..Gateway::default() });
    fill(&mut gateway, &members("", "", json)?)?;
    Ok(Trust::Gateway(gateway))
}

#[cold]
fn fill(gateway: &mut Gateway, members: &Members<'_>) -> Result<(), String> {
    let voucher = match members.iter().find(|(name, _)| name == "identity").map(|(_, raw)| *raw) {
        Some("\"voucher\"") => true,
        Some("\"govway\"") => false,
        _ => return Err(fault("", "", "is not known: `identity` must be \"voucher\" or \"govway\"")),
    };
    for (name, raw) in members {
        match (name.as_str(), voucher) {
            ("identity", _) => {}
            ("metadata", true) => gateway.vouchers = text(".", name, raw)?,
            ("partners", true) => gateway.partners = Some(text(".", name, raw)?),
            ("peers", false) => gateway.peers = texts(".", name, raw)?,
            ("dpop", true) => {
                gateway.dpop_verified = match *raw {
                    "\"refused\"" => false,
                    "\"verified\"" => true,
                    _ => return Err(fault(".", name, "must be \"refused\" or \"verified\"")),
                }
            }
            ("producer", _) => gateway.producer = Some(text(".", name, raw)?),
            ("eservices", _) => {
                for (api, raw) in self::members(".", name, raw)? {
                    gateway.eservices.push(eservice(&api, raw)?);
                }
            }
            ("allow", _) => {
                for (operation, raw) in self::members(".", name, raw)? {
                    let named = contract::operation(&operation).map(|o| Allowed::Operation(o.id));
                    let Some(of) = named.or_else(|| contract::api_named(&operation).map(Allowed::Api)) else {
                        return Err(unserved(".allow.", &operation));
                    };
                    gateway.allow.push((of, texts(".allow.", &operation, raw)?));
                }
            }
            _ => return Err(fault(".", name, "is not known for this `identity`")),
        }
    }
    if !voucher && gateway.peers.is_empty() {
        return Err(fault(".peers", "", "must not be empty: the names in GovWay's certificate"));
    }
    if gateway.partners.as_ref() == Some(&gateway.vouchers) {
        return Err(fault(".partners", "", "must differ from `metadata`"));
    }
    Ok(())
}

#[cold]
fn eservice(api: &str, raw: &str) -> Result<(u8, EService), String> {
    const PATH: &str = ".eservices.";
    // A misspelt one would leave its check out.
    let Some(number) = contract::api_named(api) else { return Err(unserved(PATH, api)) };
    let mut service = EService { id: String::new(), descriptors: Vec::new() };
    for (name, raw) in members(PATH, api, raw)? {
        match name.as_str() {
            "id" => service.id = text(PATH, api, raw)?,
            "descriptors" => {
                service.descriptors = texts(PATH, api, raw)?;
                if service.descriptors.is_empty() {
                    return Err(fault(PATH, api, "has no `descriptors` in its list"));
                }
            }
            _ => return Err(fault(PATH, api, "has a member that is not known: it has `id` and `descriptors`")),
        }
    }
    if service.id.is_empty() { Err(fault(PATH, api, "has no `id`")) } else { Ok((number, service)) }
}

fn unserved(path: &str, name: &str) -> String {
    fault(path, name, "is nothing that this filter can serve")
}

#[cold]
fn members<'a>(path: &str, name: &str, raw: &'a str) -> Result<Members<'a>, String> {
    raw_members(raw, DEPTH).map_err(|_| fault(path, name, "must be one JSON object, each member once"))
}

/// A text without escapes: names and ids need none.
#[cold]
fn text(path: &str, name: &str, raw: &str) -> Result<String, String> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner.filter(|text| is_printable(text, LONGEST) && !text.contains(['"', '\\'])) {
        Some(text) => Ok(text.to_owned()),
        None => Err(fault(path, name, "must have texts of 1 to 256 printable ASCII characters without \\ and \"")),
    }
}

/// A list of such texts. The document has been read once: what is between two quotes is one element.
#[cold]
fn texts(path: &str, name: &str, raw: &str) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    let Some(mut rest) = raw.strip_prefix('[') else { return Err(fault(path, name, "must be a list of texts")) };
    loop {
        rest = rest.trim_ascii_start();
        match rest.as_bytes().first() {
            Some(b']') => return Ok(all),
            Some(b',') => rest = rest.get(1..).unwrap_or_default(),
            _ => {
                // Up to the second quote; anything but a text has none, or not in front.
                let end = rest.match_indices('"').nth(1).map_or(rest.len(), |(at, _)| at.saturating_add(1));
                let (element, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                all.push(text(path, name, element)?);
                rest = after;
            }
        }
    }
}
