//! The files that ask for certificates: `envoy/mtls.yaml`, `envoy/govway.yaml`, `envoy/govway-voucher.yaml`.

use pdnd::{Defect, Identity, Standin, authority, fixed};
use serde_json::json;
use xtask::envoy::{Gate as Placeholders, Kind, Name};

use super::case::{Case, Challenge, DENIED, FORBIDDEN, NOBODY, TRANSCRIPT, Told, UNIDENTIFIED, unproved};
use super::edge::{FAVOURED, voucher, voucher_of};
use super::forged::{headers, without};
use super::gate::{self, Gate};
use crate::suite::Suite;

/// The clients that no gateway with certificates lets in, and none at all.
const STRANGERS: [(&str, Option<Identity>); 5] = [
    ("no certificate", None),
    ("a certificate of another name", Some(Identity::Unnamed)),
    ("a revoked certificate", Some(Identity::Revoked)),
    ("an expired certificate", Some(Identity::Expired)),
    ("a certificate of another authority", Some(Identity::Stranger)),
];

pub(super) fn mtls(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let gate = gate::plan(suite, standin, Kind::Mtls)?.start(suite)?;
    let missing = Told::Envoy(401, "request.identity", Challenge::Realm, "jwt_authn_access_denied{Jwt_is_missing}");
    let good = voucher(&gate, Defect::None)?;
    let mut cases = vec![
        Case::new("certificate and voucher", &gate, Told::Oracle)?.bearer(&good).logs("trust", "mtls"),
        Case::new("a certificate is no voucher", &gate, missing)?,
        Case::new("nor makes a bad one good", &gate, unproved(DENIED))?.bearer(&voucher(&gate, Defect::Expired)?),
        Case::new("another's certificate", &gate, Told::Closed)?.bearer(&good).from(Some(Identity::GovWay)),
        headers(Case::new("GovWay's headers count for nothing", &gate, NO_VOUCHER)?, FAVOURED, 2),
    ];
    for (name, identity) in STRANGERS {
        cases.push(Case::new(name, &gate, Told::Closed)?.bearer(&good).from(identity));
    }
    gate.judge(suite, "mtls", &cases);
    gate.close(suite);
    Ok(())
}

/// What GovWay's headers bring where a voucher is asked for.
const NO_VOUCHER: Told =
    Told::Envoy(401, "request.identity", Challenge::Realm, "jwt_authn_access_denied{Jwt_is_missing}");

pub(super) fn govway(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    named_headers(suite, standin)?;
    named_peers(suite, standin)?;
    forwarded_voucher(suite, standin)
}

fn named_headers(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let mut plan = gate::plan(suite, standin, Kind::GovWay)?;
    plan.trust["allow"] = json!({ "IFS02.3": [FAVOURED] });
    let gate = plan.start(suite)?;
    let by = |name: &str, told| Case::new(name, &gate, told).map(|case| headers(case, fixed::CONSUMER, 2));
    let mut cases = vec![
        by("GovWay says who calls", Told::Oracle)?
            .logs("consumer_id", fixed::CONSUMER)
            .logs("client_id", fixed::CLIENT)
            .logs("purpose_id", fixed::PURPOSE)
            .logs("operation", "IFS02.1")
            .logs("trust", "govway"),
        Case::new("or does not", &gate, NOBODY)?,
        by("who is not in the list may not", FORBIDDEN)?.at("POST", TRANSCRIPT),
        headers(Case::new("who is in the list may", &gate, Told::Oracle)?, FAVOURED, 2).at("POST", TRANSCRIPT),
        headers(Case::new("another API's voucher", &gate, FORBIDDEN)?, fixed::CONSUMER, 1),
        without(by("no e-service", FORBIDDEN)?, "govway-token-eserviceid"),
        without(by("no descriptor", FORBIDDEN)?, "govway-token-descriptorid"),
        without(by("no producer", FORBIDDEN)?, "govway-token-producerid"),
        without(by("another producer", FORBIDDEN)?, "govway-token-producerid")
            .header("govway-token-producerid", FAVOURED),
        Case::new("GET /status is open", &gate, Told::Status(204))?.at("GET", "/ifs02/status"),
    ];
    for name in ["ClientId", "ConsumerId", "PurposeId", "Jti"] {
        let header = format!("govway-token-{}", name.to_lowercase());
        cases.push(without(by(&format!("no {name}"), UNIDENTIFIED)?, &header));
        cases.push(by(&format!("{name} twice"), UNIDENTIFIED)?.header(&header, FAVOURED));
        let underscored = header.replace('-', "_");
        let case = without(by(&format!("{name} with underscores"), UNIDENTIFIED)?, &header);
        cases.push(case.header(&underscored, FAVOURED));
        let long = "4".repeat(129);
        cases.push(by(&format!("{name} too long"), UNIDENTIFIED)?.instead(&header, &long));
    }
    for (name, identity) in STRANGERS.into_iter().chain([("a consumer's certificate", Some(Identity::Consumer))]) {
        cases.push(by(name, Told::Closed)?.from(identity));
    }
    gate.judge(suite, "govway", &cases);
    gate.close(suite);
    Ok(())
}

/// A gateway that lets in somebody whom the filter does not name: the filter looks at the certificate itself.
fn named_peers(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let mut placeholders = Placeholders::standin(standin, Kind::GovWay, None);
    placeholders.clients.names.push(Name::Dns(authority::UNNAMED_NAME.to_owned()));
    let gate = gate::plan_with(suite, standin, Kind::GovWay, None, placeholders)?.start(suite)?;
    let by = |name: &str, told| Case::new(name, &gate, told).map(|case| headers(case, fixed::CONSUMER, 2));
    let xfcc = "URI=spiffe://example.it/govway;DNS=govway.example.it";
    let cases = vec![
        by("GovWay's certificate", Told::Oracle)?,
        by("a peer that the filter does not name", NOBODY)?.from(Some(Identity::Unnamed)),
        by("nor if it says that it is GovWay", NOBODY)?
            .from(Some(Identity::Unnamed))
            .header("x-forwarded-client-cert", xfcc),
    ];
    gate.judge(suite, "govway: peers", &cases);
    gate.close(suite);
    Ok(())
}

fn forwarded_voucher(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let mut plan = gate::plan(suite, standin, Kind::GovWayVoucher)?;
    plan.trust["allow"] = json!({ "IFS02.3": [FAVOURED] });
    let gate: Gate<'_> = plan.start(suite)?;
    let good = voucher(&gate, Defect::None)?;
    let favoured = voucher_of(&gate, 2, FAVOURED)?;
    let mut cases = vec![
        Case::new("GovWay and the voucher", &gate, Told::Oracle)?
            .bearer(&good)
            .logs("consumer_id", fixed::CONSUMER)
            .logs("trust", "govway-voucher"),
        headers(Case::new("its headers alone are nothing", &gate, NO_VOUCHER)?, FAVOURED, 2),
        headers(Case::new("nor do they add to a voucher", &gate, FORBIDDEN)?, FAVOURED, 2)
            .bearer(&good)
            .at("POST", TRANSCRIPT),
        Case::new("the voucher says who", &gate, Told::Oracle)?.bearer(&favoured).at("POST", TRANSCRIPT),
        Case::new("an expired voucher", &gate, unproved(DENIED))?.bearer(&voucher(&gate, Defect::Expired)?),
        Case::new("a DPoP voucher as Bearer", &gate, UNIDENTIFIED)?.bearer(&voucher(&gate, Defect::Confirmed)?),
        Case::new("GET /status is open", &gate, Told::Status(204))?.at("GET", "/ifs02/status"),
    ];
    for (name, identity) in STRANGERS.into_iter().chain([("a consumer's certificate", Some(Identity::Consumer))]) {
        cases.push(Case::new(name, &gate, Told::Closed)?.bearer(&good).from(identity));
    }
    gate.judge(suite, "govway-voucher", &cases);
    gate.close(suite);
    Ok(())
}
