//! Headers by which a consumer would be somebody else, sent to `envoy/edge.yaml`.

use pdnd::{Defect, Standin, fixed};

use super::case::{Case, Challenge, FORBIDDEN, TRANSCRIPT, Told};
use super::edge::{FAVOURED, open, voucher};
use crate::suite::Suite;

pub(super) fn run(suite: &mut Suite, standin: &Standin) -> Result<(), String> {
    let gate = open(suite, standin)?;
    let missing = || Told::Envoy(401, "request.identity", Challenge::Realm, "jwt_authn_access_denied{Jwt_is_missing}");
    let token = voucher(&gate, Defect::None)?;
    let peer =
        "By=spiffe://example.it/ifs;Hash=0;Subject=\"CN=govway\";URI=spiffe://example.it/govway;DNS=govway.example.it";
    let cases = vec![
        named(Case::new("GovWay's headers without a token", &gate, missing())?),
        Case::new("a certificate in a header", &gate, missing())?.header("x-forwarded-client-cert", peer),
        named(Case::new("both", &gate, missing())?.header("x-forwarded-client-cert", peer)),
        Case::new("the header of development", &gate, missing())?.header("x-ifs-trust", "development"),
        named(Case::new("GovWay's headers beside a voucher", &gate, Told::Oracle)?.bearer(&token))
            .logs("consumer_id", fixed::CONSUMER),
        named(Case::new("they do not get into a list", &gate, FORBIDDEN)?.bearer(&token).at("POST", TRANSCRIPT)),
    ];
    gate.judge(suite, "forged headers", &cases);
    gate.close(suite);
    Ok(())
}

/// As GovWay would name the consumer who may more.
fn named(case: Case) -> Case {
    headers(case, FAVOURED, 2)
}

/// The headers that GovWay writes for a consumer's voucher.
pub(super) fn headers(case: Case, consumer: &str, api: u8) -> Case {
    case.header("GovWay-Token-ClientId", fixed::CLIENT)
        .header("GovWay-Token-ConsumerId", consumer)
        .header("GovWay-Token-PurposeId", fixed::PURPOSE)
        .header("GovWay-Token-Jti", "77777777-7777-4777-8777-777777777777")
        .header("GovWay-Token-ProducerId", fixed::PRODUCER)
        .header("GovWay-Token-EServiceId", &fixed::eservice(api))
        .header("GovWay-Token-DescriptorId", &fixed::descriptor(api))
}

/// The same without one of them.
pub(super) fn without(mut case: Case, name: &str) -> Case {
    case.request.headers.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
    case
}
