//! What the outside world has that tests of trust need: PDND's vouchers with and without defects, partners' own tokens, a
//! certificate authority with good and bad certificates, a JWKS server and an OAuth2 token server on loopback.
//!
//! Every key is made at the first [`Standin::open`] and kept in a folder of the checkout's `target`; none is in the
//! repository, and none is good for anything else.

pub mod authority;
mod claims;
mod defect;
mod error;
pub mod fixed;
mod keys;
mod partner;
mod server;
mod standin;
mod tls;

pub use authority::{Authority, Identity};
pub use claims::{Claims, LASTS, uuid};
pub use defect::{Claim, Defect, Strike};
pub use error::{Error, Result};
pub use keys::{Key, jwks};
pub use partner::{Partner, PartnerClaims};
pub use server::{Behaviour, JwksServer, TokenServer};
pub use standin::{Signer, Standin};
pub use tls::{Stream, connect};
