//! The values that the shipped test configurations and the tokens agree on.

/// Issuer of vouchers: that of PDND's `collaudo` environment, without a scheme.
pub const ISSUER: &str = "uat.interop.pagopa.it";
/// The university's id at PDND.
pub const PRODUCER: &str = "11111111-1111-4111-8111-111111111111";
/// The consumer (an administration) unless another is asked for.
pub const CONSUMER: &str = "44444444-4444-4444-8444-444444444444";
/// The consumer's PDND client unless another is asked for.
pub const CLIENT: &str = "55555555-5555-4555-8555-555555555555";
/// The purpose unless another is asked for.
pub const PURPOSE: &str = "66666666-6666-4666-8666-666666666666";
/// Issuer of the pinned partner's tokens (ID_AUTH_REST_01 without PDND).
pub const PARTNER: &str = "https://partner.example.it";
/// Issuer of a second partner, who has a key of its own and is pinned nowhere unless a test does it.
pub const OTHER_PARTNER: &str = "https://other-partner.example.it";
/// Issuer of the probing token that PDND sends to `GET /status`.
pub const PROBING_ISSUER: &str = "https://probing.uat.interop.pagopa.it";

/// The audience of API `api` (1 for IFS01).
#[must_use]
pub fn audience(api: u8) -> String {
    format!("https://ifs.example.it/ifs{api:02}/v1")
}

/// The audience as PDND writes it for an e-service of two audiences: one text, joined by a comma.
#[must_use]
pub fn joined_audience(api: u8) -> String {
    format!("{},https://ifs.example.it/ifs{api:02}/v2", audience(api))
}

/// The e-service of API `api`.
#[must_use]
pub fn eservice(api: u8) -> String {
    format!("{}-2222-4222-8222-222222222222", 22_222_220_u32.saturating_add(u32::from(api)))
}

/// The descriptor (version) of the e-service of API `api`.
#[must_use]
pub fn descriptor(api: u8) -> String {
    format!("{}-3333-4333-8333-333333333333", 33_333_330_u32.saturating_add(u32::from(api)))
}
