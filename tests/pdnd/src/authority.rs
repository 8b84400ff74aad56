//! The operator's certificate authority: a server's certificate, clients' certificates good and bad, a CRL.

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams, SanType,
    SerialNumber,
};
use time::{Duration, OffsetDateTime};

use crate::error::{Result, while_doing};
use crate::standin::{write_public, write_secret};

/// DNS name of a consumer's certificate.
pub const CONSUMER_NAME: &str = "consumer.example.it";
/// DNS name of GovWay's certificate.
pub const GOVWAY_NAME: &str = "govway.example.it";
/// URI name of GovWay's certificate.
pub const GOVWAY_URI: &str = "spiffe://example.it/govway";
/// DNS name of a client that the authority knows and no gateway names.
pub const UNNAMED_NAME: &str = "somebody.example.it";

const DAY: Duration = Duration::days(1);
const TEN_YEARS: Duration = Duration::days(3653);

/// Who shows a certificate. All but [`Identity::Stranger`] are of our authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// A gateway or any other server on loopback: 127.0.0.1, ::1, `localhost`, `ifs.example.it`.
    Server,
    /// A consumer: [`CONSUMER_NAME`].
    Consumer,
    /// GovWay: [`GOVWAY_NAME`] and [`GOVWAY_URI`].
    GovWay,
    /// A good certificate with a name that no gateway lists: [`UNNAMED_NAME`].
    Unnamed,
    /// The names of consumer and GovWay, on the CRL.
    Revoked,
    /// The names of consumer and GovWay, ended yesterday.
    Expired,
    /// The names of consumer and GovWay, from an authority that calls itself like ours.
    Stranger,
}

impl Identity {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Server, Self::Consumer, Self::GovWay, Self::Unnamed, Self::Revoked, Self::Expired, Self::Stranger];

    /// Name of its files, without their ends.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Consumer => "consumer",
            Self::GovWay => "govway",
            Self::Unnamed => "unnamed",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Stranger => "stranger",
        }
    }

    fn dns(self) -> &'static [&'static str] {
        match self {
            Self::Server => &["localhost", "ifs.example.it", "127.0.0.1", "::1"],
            Self::Consumer => &[CONSUMER_NAME],
            Self::GovWay => &[GOVWAY_NAME],
            Self::Unnamed => &[UNNAMED_NAME],
            Self::Revoked | Self::Expired | Self::Stranger => &[CONSUMER_NAME, GOVWAY_NAME],
        }
    }

    fn uri(self) -> Option<&'static str> {
        let has = matches!(self, Self::GovWay | Self::Revoked | Self::Expired | Self::Stranger);
        has.then_some(GOVWAY_URI)
    }
}

/// Where the authority's files lie.
#[derive(Clone, Debug)]
pub struct Authority {
    dir: PathBuf,
}

impl Authority {
    pub(crate) fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Certificate of the authority, PEM: what servers and clients trust.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// The authority's list of revoked certificates, PEM.
    #[must_use]
    pub fn crl(&self) -> PathBuf {
        self.dir.join("crl.pem")
    }

    /// Certificate, PEM.
    #[must_use]
    pub fn certificate(&self, of: Identity) -> PathBuf {
        self.dir.join(format!("{}.pem", of.name()))
    }

    /// Private key, PEM (PKCS#8), readable by its owner only.
    #[must_use]
    pub fn key(&self, of: Identity) -> PathBuf {
        self.dir.join(format!("{}.key", of.name()))
    }

    /// Makes everything, in a folder that exists.
    pub(crate) fn make(dir: &Path) -> Result<()> {
        let files = Self::at(dir);
        let now = OffsetDateTime::now_utc();
        let ours = root(now)?;
        let stranger = root(now)?;
        write_public(&files.ca(), &ours.pem())?;
        let mut revoked = Vec::new();
        for (number, identity) in (2_u64..).zip(Identity::ALL) {
            let issuer = if identity == Identity::Stranger { &stranger } else { &ours };
            let serial = SerialNumber::from(number);
            if identity == Identity::Revoked {
                revoked.push(RevokedCertParams {
                    serial_number: serial.clone(),
                    revocation_time: ago(now, DAY),
                    reason_code: Some(RevocationReason::KeyCompromise),
                    invalidity_date: None,
                });
            }
            let (certificate, key) = leaf(identity, serial, issuer, now)?;
            write_public(&files.certificate(identity), &certificate)?;
            write_secret(&files.key(identity), &key)?;
        }
        let list = CertificateRevocationListParams {
            this_update: ago(now, DAY),
            next_update: later(now, TEN_YEARS),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let crl = list.signed_by(&ours).map_err(while_doing("signing the CRL"))?;
        write_public(&files.crl(), &crl.pem().map_err(while_doing("writing the CRL"))?)
    }
}

fn ago(now: OffsetDateTime, duration: Duration) -> OffsetDateTime {
    now.saturating_sub(duration)
}

fn later(now: OffsetDateTime, duration: Duration) -> OffsetDateTime {
    now.saturating_add(duration)
}

fn root(now: OffsetDateTime) -> Result<CertifiedIssuer<'static, KeyPair>> {
    let key = KeyPair::generate().map_err(while_doing("making the authority's key"))?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "IFS stand-in authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = ago(now, DAY);
    params.not_after = later(now, TEN_YEARS);
    params.serial_number = Some(SerialNumber::from(1_u64));
    CertifiedIssuer::self_signed(params, key).map_err(while_doing("signing the authority's certificate"))
}

/// Certificate and key as PEM.
fn leaf(
    identity: Identity,
    serial: SerialNumber,
    issuer: &CertifiedIssuer<'_, KeyPair>,
    now: OffsetDateTime,
) -> Result<(String, String)> {
    let doing = || format!("making the certificate `{}`", identity.name());
    let key = KeyPair::generate().map_err(while_doing(doing()))?;
    let names: Vec<String> = identity.dns().iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(while_doing(doing()))?;
    if let Some(uri) = identity.uri() {
        params.subject_alt_names.push(SanType::URI(uri.try_into().map_err(while_doing(doing()))?));
    }
    params.distinguished_name.push(DnType::CommonName, identity.name());
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let usage = match identity {
        Identity::Server => ExtendedKeyUsagePurpose::ServerAuth,
        _ => ExtendedKeyUsagePurpose::ClientAuth,
    };
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    params.not_before = ago(now, Duration::days(30));
    params.not_after = if identity == Identity::Expired { ago(now, DAY) } else { later(now, TEN_YEARS) };
    params.serial_number = Some(serial);
    let certificate = params.signed_by(&key, issuer).map_err(while_doing(doing()))?;
    Ok((certificate.pem(), key.serialize_pem()))
}
