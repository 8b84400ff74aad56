//! `envoy/edge.yaml`: tokens good and bad.

use pdnd::{Claim, Claims, Defect, JwksServer, PartnerClaims, Signer, Standin};
use serde_json::json;
use xtask::envoy::{Gate as Placeholders, Kind};

use super::case::{Case, Challenge, DENIED, ENROLLMENTS, FORBIDDEN, TRANSCRIPT, Told, UNIDENTIFIED, unproved};
use super::gate::{self, Gate};
use crate::suite::Suite;

/// A consumer that may ask for IFS02.3, which nobody else may.
pub(super) const FAVOURED: &str = "48484848-4848-4848-8484-848484848484";

pub(super) fn run(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let gate = open(suite, standin)?;
    for (name, cases) in [
        ("good", good(&gate)?),
        ("token", tokens(&gate)?),
        ("place", places(&gate)?),
        ("claim", claims(&gate)?),
        ("partner", partners(&gate)?),
        ("path", paths(&gate)?),
    ] {
        gate.judge(suite, &format!("edge: {name}"), &cases);
    }
    gate.close(suite);
    told_more(suite, standin)
}

/// Gateways that are told more: PDND's joined audience; that something in front has verified DPoP proofs.
fn told_more(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let keys =
        JwksServer::start(standin.authority(), 0, standin.jwks(&[Signer::Current])).map_err(|e| e.to_string())?;
    let mut placeholders = Placeholders::standin(standin, Kind::Edge, Some(keys.addr()));
    let second = placeholders.vouchers.audiences.get_mut(1).ok_or("no audience of IFS02")?;
    *second = pdnd::fixed::joined_audience(2);
    let plan = gate::plan_with(suite, standin, Kind::Edge, Some(keys), placeholders)?;
    let gate = plan.start(suite)?;
    let claims = |defect| voucher(&gate, defect);
    let elsewhere = Told::Envoy(403, "request.forbidden", Challenge::Scope, DENIED);
    let cases = [
        Case::new("a joined audience that is listed", &gate, Told::Oracle)?.bearer(&claims(Defect::JoinedAudience)?),
        Case::new("one of its two", &gate, elsewhere)?.bearer(&claims(Defect::None)?),
    ];
    gate.judge(suite, "edge: told more", &cases);
    gate.close(suite);
    let mut plan = gate::plan(suite, standin, Kind::Edge)?;
    plan.trust["dpop"] = json!("verified");
    let gate = plan.start(suite)?;
    let cases = [Case::new("a DPoP voucher whose proof was verified before", &gate, Told::Oracle)?
        .bearer(&voucher(&gate, Defect::Confirmed)?)];
    gate.judge(suite, "edge: told more", &cases);
    gate.close(suite);
    Ok(())
}

/// The edge, with IFS02.3 for one consumer alone.
pub(super) fn open<'a>(suite: &mut Suite, standin: &'a Standin) -> Result<Gate<'a>, String> {
    let mut plan = gate::plan(suite, standin, Kind::Edge)?;
    plan.trust["allow"] = json!({ "IFS02.3": [FAVOURED] });
    plan.start(suite)
}

/// A voucher for IFS02.
pub(super) fn voucher(gate: &Gate<'_>, defect: Defect) -> Result<String, String> {
    let claims = Claims::of(2).map_err(|e| e.to_string())?;
    gate.standin.voucher(&claims, defect).map_err(|e| e.to_string())
}

/// A voucher for an API by a consumer.
pub(super) fn voucher_of(gate: &Gate<'_>, api: u8, consumer: &str) -> Result<String, String> {
    let claims = Claims { consumer: consumer.to_owned(), ..Claims::of(api).map_err(|e| e.to_string())? };
    gate.standin.voucher(&claims, Defect::None).map_err(|e| e.to_string())
}

fn good(gate: &Gate<'_>) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for (place, student) in gate.population.students().iter().take(5).enumerate() {
        let claims = Claims::of(2).map_err(|e| e.to_string())?;
        let token = gate.standin.voucher(&claims, Defect::None).map_err(|e| e.to_string())?;
        let mut case = Case::new(&format!("a good voucher ({place})"), gate, Told::Oracle)?.bearer(&token);
        case.request.body = json!({ "tax_code": student.tax_code() }).to_string().into_bytes();
        cases.push(
            case.logs("consumer_id", &claims.consumer)
                .logs("client_id", &claims.client)
                .logs("purpose_id", &claims.purpose)
                .logs("jti", &claims.jti)
                .logs("eservice_id", &pdnd::fixed::eservice(2))
                .logs("operation", "IFS02.1")
                .logs("route", "ifs02")
                .logs("trust", "edge"),
        );
    }
    let no_kid = voucher(gate, Defect::NoKid)?;
    cases.push(Case::new("without kid each key is tried", gate, Told::Oracle)?.bearer(&no_kid));
    let favoured = voucher_of(gate, 2, FAVOURED)?;
    cases.push(Case::new("who is in the list may", gate, Told::Oracle)?.bearer(&favoured).at("POST", TRANSCRIPT));
    Ok(cases)
}

fn tokens(gate: &Gate<'_>) -> Result<Vec<Case>, String> {
    let missing = Told::Envoy(401, "request.identity", Challenge::Realm, "jwt_authn_access_denied{Jwt_is_missing}");
    let elsewhere = Told::Envoy(403, "request.forbidden", Challenge::Scope, DENIED);
    let mut cases = vec![Case::new("no token", gate, missing)?];
    for (name, defect, told) in [
        ("garbage", Defect::Garbage, unproved(DENIED)),
        ("alg none", Defect::AlgNone, unproved(DENIED)),
        ("HS256 with the public key's PEM", Defect::HmacPem, unproved(DENIED)),
        ("HS256 with the JWKS", Defect::HmacJwks, unproved(DENIED)),
        ("an unknown kid", Defect::UnknownKid, unproved(DENIED)),
        ("a stranger's signature", Defect::StrangerSignature, unproved(DENIED)),
        ("signed with a key that it brings along", Defect::EmbeddedKey, unproved(DENIED)),
        ("without a signature", Defect::Unsigned, unproved(DENIED)),
        ("changed after signing", Defect::Tampered, unproved(DENIED)),
        ("expired", Defect::Expired, unproved("jwt_authn_access_denied{Jwt_is_expired}")),
        ("not yet valid", Defect::NotYetValid, unproved("jwt_authn_access_denied{Jwt_not_yet_valid}")),
        ("without exp", Defect::NoExpiry, unproved(DENIED)),
        ("another issuer", Defect::WrongIssuer, unproved("jwt_authn_access_denied{Jwt_issuer_is_not_configured}")),
        ("an audience of nobody's", Defect::WrongAudience, elsewhere.clone()),
        ("another API's audience", Defect::AnotherApi, elsewhere.clone()),
        ("no audience", Defect::NoAudience, elsewhere.clone()),
        ("a joined audience that is not listed", Defect::JoinedAudience, elsewhere),
        ("a DPoP voucher as Bearer", Defect::Confirmed, UNIDENTIFIED),
        ("bound to nothing by an empty cnf", Defect::EmptyConfirmed, UNIDENTIFIED),
        ("until 2^63", Defect::Endless, UNIDENTIFIED),
        ("until 10^19", Defect::MoreThanEndless, UNIDENTIFIED),
        ("with a header that demands something", Defect::Critical, UNIDENTIFIED),
    ] {
        cases.push(Case::new(name, gate, told)?.bearer(&voucher(gate, defect)?));
    }
    // PDND lets a voucher live for a day at most; one that lives for ever was not made by it, or by mistake.
    for (name, lasts, told) in [("for a day", 86_400, Told::Oracle), ("for a century", 3_153_600_000, unproved(DENIED))]
    {
        let claims = Claims { lasts, ..Claims::of(2).map_err(|e| e.to_string())? };
        let token = gate.standin.voucher(&claims, Defect::None).map_err(|e| e.to_string())?;
        cases.push(Case::new(name, gate, told)?.bearer(&token));
    }
    Ok(cases)
}

fn places(gate: &Gate<'_>) -> Result<Vec<Case>, String> {
    let missing = || Told::Envoy(401, "request.identity", Challenge::Realm, "jwt_authn_access_denied{Jwt_is_missing}");
    let (good, other, bad) =
        (voucher(gate, Defect::None)?, voucher(gate, Defect::None)?, voucher(gate, Defect::Expired)?);
    let query = format!("{ENROLLMENTS}?access_token={good}");
    let dpop = voucher(gate, Defect::Confirmed)?;
    let mut in_query = Case::new("in the query", gate, missing())?.at("POST", &query);
    in_query.tokens.push(good.clone());
    let form = "application/x-www-form-urlencoded";
    let mut in_form = Case::new("in a form", gate, missing())?.instead("content-type", form);
    in_form.tokens.push(good.clone());
    in_form.request.body = format!("access_token={good}").into_bytes();
    let mut by_dpop = Case::new("by the scheme DPoP", gate, missing())?
        .header("authorization", &format!("DPoP {dpop}"))
        .header("dpop", &other);
    by_dpop.tokens.extend([dpop, other.clone()]);
    let mut in_cookie = Case::new("in a cookie", gate, missing())?.header("cookie", &format!("access_token={good}"));
    in_cookie.tokens.push(good.clone());
    let mut lower =
        Case::new("by the scheme in small letters, which count for nothing (RFC 9110)", gate, Told::Oracle)?;
    lower.tokens.push(good.clone());
    let lower = lower.header("authorization", &format!("bearer {good}"));
    let in_one = Case::new("two tokens in one header", gate, unproved(DENIED))?.bearer(&good);
    let in_one = in_one.instead("authorization", &format!("Bearer {good}, Bearer {other}"));
    // Envoy looks for the word anywhere in the header.
    let mut within = Case::new("by a word in another scheme", gate, UNIDENTIFIED)?;
    within.tokens.push(good.clone());
    let within = within.header("authorization", &format!("Basic bm9ib2R5 Bearer {good}"));
    Ok(vec![
        lower,
        within,
        in_one,
        in_query,
        in_form,
        by_dpop,
        in_cookie,
        Case::new("two tokens, both good", gate, unproved(DENIED))?.bearer(&good).bearer(&other),
        Case::new("two tokens, the second bad", gate, unproved(DENIED))?.bearer(&good).bearer(&bad),
        Case::new("two tokens, the first bad", gate, unproved(DENIED))?.bearer(&bad).bearer(&good),
        // A token in the URL is none; what remains is a parameter that the operation does not take.
        Case::new("a good token and one in the query", gate, Told::Filter(400, "request.invalid", Challenge::None))?
            .bearer(&good)
            .at("POST", &query),
    ])
}

fn claims(gate: &Gate<'_>) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    for claim in [Claim::Client, Claim::Consumer, Claim::Purpose, Claim::Jti] {
        for (what, defect) in [
            ("null", Defect::Null(claim)),
            ("a number", Defect::Number(claim)),
            ("too long", Defect::Oversized(claim)),
            ("missing", Defect::Missing(claim)),
        ] {
            let name = format!("{} {what}", claim.name());
            // Of these claims Envoy reads `jti` itself, which must be a text.
            let told = match defect {
                Defect::Null(Claim::Jti) | Defect::Number(Claim::Jti) => unproved(DENIED),
                _ => UNIDENTIFIED,
            };
            cases.push(Case::new(&name, gate, told)?.bearer(&voucher(gate, defect)?));
        }
    }
    for claim in [Claim::Producer, Claim::Eservice, Claim::Descriptor] {
        for (what, defect, told) in [
            ("of somebody else", Defect::Wrong(claim), FORBIDDEN),
            ("missing", Defect::Missing(claim), FORBIDDEN),
            // What no voucher of PDND's says is no good voucher.
            ("null", Defect::Null(claim), UNIDENTIFIED),
            ("a number", Defect::Number(claim), UNIDENTIFIED),
            ("too long", Defect::Oversized(claim), UNIDENTIFIED),
        ] {
            let name = format!("{} {what}", claim.name());
            cases.push(Case::new(&name, gate, told)?.bearer(&voucher(gate, defect)?));
        }
    }
    let token = voucher(gate, Defect::None)?;
    cases.push(Case::new("a consumer that is not in the list", gate, FORBIDDEN)?.bearer(&token).at("POST", TRANSCRIPT));
    Ok(cases)
}

fn partners(gate: &Gate<'_>) -> Result<Vec<Case>, String> {
    let from = || PartnerClaims::of(2).map_err(|e| e.to_string());
    let ours = |from: &PartnerClaims, defect| gate.standin.partner_token(from, defect).map_err(|e| e.to_string());
    let others = |from: &PartnerClaims| gate.standin.other_partner_token(from, Defect::None).map_err(|e| e.to_string());
    let mut forged = from()?;
    forged.forged = true;
    forged.claims.consumer = FAVOURED.to_owned();
    let mut as_us = from()?;
    as_us.issuer = Some(pdnd::fixed::PARTNER.to_owned());
    let mut as_pdnd = from()?;
    as_pdnd.issuer = Some(pdnd::fixed::ISSUER.to_owned());
    as_pdnd.forged = true;
    let mut bare = from()?;
    (bare.subject, bare.jti) = (None, false);
    let name = pdnd::fixed::PARTNER;
    Ok(vec![
        Case::new("a partner's own token", gate, Told::Oracle)?
            .bearer(&ours(&from()?, Defect::None)?)
            .logs("partner", name),
        Case::new("one without sub and jti", gate, Told::Oracle)?
            .bearer(&ours(&bare, Defect::None)?)
            .logs("partner", name),
        Case::new("with PDND's names forged in it", gate, Told::Oracle)?
            .bearer(&ours(&forged, Defect::None)?)
            .logs("partner", name),
        Case::new("forged names do not get into a list", gate, FORBIDDEN)?
            .bearer(&ours(&forged, Defect::None)?)
            .at("POST", TRANSCRIPT),
        Case::new("signed by another partner", gate, unproved(DENIED))?.bearer(&others(&as_us)?),
        Case::new("of a partner nobody knows", gate, unproved(DENIED))?.bearer(&others(&from()?)?),
        Case::new("in PDND's name", gate, unproved(DENIED))?.bearer(&others(&as_pdnd)?),
        Case::new("the partner in PDND's name", gate, unproved(DENIED))?.bearer(&ours(&as_pdnd, Defect::None)?),
        Case::new("a partner's token bound to a key", gate, UNIDENTIFIED)?.bearer(&ours(&from()?, Defect::Confirmed)?),
        Case::new("bound by an empty cnf", gate, UNIDENTIFIED)?.bearer(&ours(&from()?, Defect::EmptyConfirmed)?),
        Case::new("a partner's token until 2^63", gate, UNIDENTIFIED)?.bearer(&ours(&from()?, Defect::Endless)?),
        Case::new("until 10^19", gate, UNIDENTIFIED)?.bearer(&ours(&from()?, Defect::MoreThanEndless)?),
        Case::new("a partner's header that demands something", gate, UNIDENTIFIED)?
            .bearer(&ours(&from()?, Defect::Critical)?),
        Case::new("a partner's expired token", gate, unproved(DENIED))?.bearer(&ours(&from()?, Defect::Expired)?),
        Case::new(
            "a partner's token for another API",
            gate,
            Told::Envoy(403, "request.forbidden", Challenge::Scope, DENIED),
        )?
        .bearer(&ours(&from()?, Defect::AnotherApi)?),
    ])
}

fn paths(gate: &Gate<'_>) -> Result<Vec<Case>, String> {
    let missing = || Told::Envoy(401, "request.identity", Challenge::Realm, "jwt_authn_access_denied{Jwt_is_missing}");
    let elsewhere = || Told::Envoy(403, "request.forbidden", Challenge::Scope, DENIED);
    let (good, first) = (voucher(gate, Defect::None)?, voucher_of(gate, 1, pdnd::fixed::CONSUMER)?);
    let probing = gate.standin.probing(2).map_err(|e| e.to_string())?;
    let status = "/ifs02/status";
    let mut cases = vec![
        Case::new("GET /status is open", gate, Told::Status(204))?.at("GET", status),
        Case::new("to PDND's probe too", gate, Told::Status(204))?.at("GET", status).bearer(&probing),
        Case::new("PDND's probe gets nothing else", gate, unproved(DENIED))?.bearer(&probing),
        Case::new("a voucher opens one API", gate, elsewhere())?.bearer(&first),
        Case::new("whatever the way there", gate, elsewhere())?
            .bearer(&first)
            .at("POST", "/ifs01/../ifs02/academic-enrollments"),
        Case::new("no such operation", gate, Told::Filter(404, "request.path", Challenge::None))?
            .bearer(&good)
            .at("POST", "/ifs02/nothing"),
    ];
    let refused = |status| Told::Envoy(status, "gateway.refused", Challenge::None, "");
    for target in ["/ifs02%2Facademic-enrollments", "/ifs01/..%2Fifs02/academic-enrollments", "/ifs02/status%5c..%5cx"]
    {
        let name = format!("{target} is no way");
        cases.push(Case::new(&name, gate, refused(400))?.bearer(&good).at("POST", target));
    }
    let long = "4".repeat(70_000);
    cases.push(Case::new("headers without end", gate, Told::Unread(431))?.bearer(&good).header("x-long", &long));
    for (method, target) in [
        ("POST", status),
        ("GET", "/ifs02/status/"),
        ("GET", "/ifs02/status/x"),
        ("GET", "/ifs02/statuses"),
        ("GET", "/status"),
        ("POST", "/"),
        ("POST", "//ifs02//academic-enrollments"),
        ("POST", "/ifs02/./academic-enrollments"),
        ("POST", "/ifs02/status/../academic-enrollments"),
        ("POST", "/IFS02/academic-enrollments"),
        ("POST", "/ifs02/academic-enrollments?x=/ifs02/status"),
    ] {
        cases.push(Case::new(&format!("{method} {target} takes a token"), gate, missing())?.at(method, target));
    }
    Ok(cases)
}
