//! The stand-in: its keys in their folder, and the tokens made with them.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::authority::Authority;
use crate::claims::{Claims, members, now, uuid};
use crate::defect::{Defect, Signers};
use crate::error::{Error, Result, while_doing};
use crate::fixed;
use crate::keys::{Key, jwks, new_ec, new_rsa, pem};
use crate::partner::{self, Partner, PartnerClaims};
use crate::tls;

/// Folder under the one that is given. Another name whenever what is kept in it changes.
const EDITION: &str = "v1";

/// Keys of tokens: file, and whether it is RSA.
const KEYS: [(&str, bool); 5] = [
    ("pdnd.key", true),
    ("next.key", true),
    ("nobody.key", true),
    ("partner.key", false),
    ("other-partner.key", false),
];

/// PDND, an operator's authority and two partners, with keys that are kept.
pub struct Standin {
    dir: PathBuf,
    current: Key,
    next: Key,
    nobody: Key,
    partner: Partner,
    other: Partner,
    authority: Authority,
}

/// Which of PDND's keys signs a voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The one of the JWKS file.
    Current,
    /// The one that takes its place when PDND changes keys.
    Next,
}

impl Standin {
    /// Opens the stand-in kept under `dir`, and makes it first where there is none. Several processes may do so at once:
    /// all get the same keys.
    ///
    /// # Errors
    /// The folder cannot be written, or holds something else.
    pub fn open(dir: &Path) -> Result<Self> {
        let kept = dir.join(EDITION);
        if !kept.exists() {
            make(dir, &kept)?;
        }
        let key = |name: &str, rsa: bool| {
            let path = kept.join(name);
            let der = tls::pkcs8(&path)?;
            let key = if rsa { Key::rsa(&der) } else { Key::ec(&der) };
            key.map_err(while_doing(path.display()))
        };
        let partner = |issuer, name: &str| -> Result<Partner> {
            let certificate = tls::first_certificate(&kept.join(format!("{name}.pem")))?;
            Ok(Partner { issuer, key: key(&format!("{name}.key"), false)?, certificate })
        };
        Ok(Self {
            current: key("pdnd.key", true)?,
            next: key("next.key", true)?,
            nobody: key("nobody.key", true)?,
            partner: partner(fixed::PARTNER, "partner")?,
            other: partner(fixed::OTHER_PARTNER, "other-partner")?,
            authority: Authority::at(&kept),
            dir: kept,
        })
    }

    /// The folder with all files.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The authority's files.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// File with PDND's JWKS.
    #[must_use]
    pub fn jwks_file(&self) -> PathBuf {
        self.dir.join("jwks.json")
    }

    /// File with the JWKS of the partner [`fixed::PARTNER`].
    #[must_use]
    pub fn partner_jwks_file(&self) -> PathBuf {
        self.dir.join("partner-jwks.json")
    }

    /// PDND's JWKS as long as a key of its signs.
    #[must_use]
    pub fn jwks(&self, signers: &[Signer]) -> String {
        jwks(&signers.iter().map(|signer| self.key(*signer)).collect::<Vec<_>>())
    }

    /// The pinned partner.
    #[must_use]
    pub fn partner(&self) -> &Partner {
        &self.partner
    }

    /// A partner whom the shipped configurations do not know.
    #[must_use]
    pub fn other_partner(&self) -> &Partner {
        &self.other
    }

    fn key(&self, signer: Signer) -> &Key {
        match signer {
            Signer::Current => &self.current,
            Signer::Next => &self.next,
        }
    }

    /// A voucher of PDND, with a defect or without.
    ///
    /// # Errors
    /// The machine gives no random bytes.
    pub fn voucher(&self, claims: &Claims, defect: Defect) -> Result<String> {
        self.voucher_by(Signer::Current, claims, defect)
    }

    /// A voucher signed with a certain key.
    ///
    /// # Errors
    /// As [`Standin::voucher`].
    pub fn voucher_by(&self, signer: Signer, claims: &Claims, defect: Defect) -> Result<String> {
        let right = self.key(signer);
        let header = json!({ "alg": right.algorithm(), "use": "sig", "typ": "at+jwt", "kid": right.kid() });
        Signers { right, stranger: &self.nobody }.token(members(header), claims.payload(), claims.api, defect)
    }

    /// A token that the pinned partner made; a stranger's signature is the other partner's.
    ///
    /// # Errors
    /// As [`Standin::voucher`].
    pub fn partner_token(&self, from: &PartnerClaims, defect: Defect) -> Result<String> {
        self.partner.token(from, defect, &self.other.key)
    }

    /// A token that the other partner made, under its own name or (`PartnerClaims::issuer`) under somebody else's.
    ///
    /// # Errors
    /// As [`Standin::voucher`].
    pub fn other_partner_token(&self, from: &PartnerClaims, defect: Defect) -> Result<String> {
        self.other.token(from, defect, &self.nobody)
    }

    /// The token of PDND's probing on `GET /status`: no voucher, signed with a key that is in no JWKS, `aud` a list.
    ///
    /// # Errors
    /// As [`Standin::voucher`].
    pub fn probing(&self, api: u8) -> Result<String> {
        let header = json!({ "alg": "RS256", "use": "sig", "typ": "at+jwt", "kid": self.nobody.kid() });
        let issued = now();
        let payload = json!({
            "iss": fixed::PROBING_ISSUER, "aud": [fixed::audience(api)], "iat": issued,
            "exp": issued.saturating_add(60), "jti": uuid()?,
        });
        let signers = Signers { right: &self.nobody, stranger: &self.nobody };
        signers.token(members(header), members(payload), api, Defect::None)
    }

    /// Every private key in the folder as PEM: what no log may hold.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn secrets(&self) -> Result<Vec<String>> {
        let mut secrets = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(while_doing(self.dir.display()))? {
            let path = entry.map_err(while_doing(self.dir.display()))?.path();
            if path.extension().is_some_and(|end| end == "key") {
                secrets.push(fs::read_to_string(&path).map_err(while_doing(path.display()))?);
            }
        }
        Ok(secrets)
    }
}

/// Makes all files in a folder of its own and moves it to its place, which another process may have done meanwhile.
fn make(dir: &Path, kept: &Path) -> Result<()> {
    let making = dir.join(format!("making-{}-{}", std::process::id(), uuid()?));
    fs::create_dir_all(&making).map_err(while_doing(format!("making {}", making.display())))?;
    let done = fill(&making).and_then(|()| match fs::rename(&making, kept) {
        Err(_) if kept.join("jwks.json").exists() => Ok(()),
        renamed => renamed.map_err(while_doing(format!("making {}", kept.display()))),
    });
    if making.exists() {
        let _ = fs::remove_dir_all(&making);
    }
    done
}

fn fill(dir: &Path) -> Result<()> {
    for (name, rsa) in KEYS {
        let der = if rsa { new_rsa()? } else { new_ec()? };
        write_secret(&dir.join(name), &pem("PRIVATE KEY", &der))?;
    }
    let pdnd = Key::rsa(&tls::pkcs8(&dir.join("pdnd.key"))?)?;
    write_public(&dir.join("jwks.json"), &jwks(&[&pdnd]))?;
    for (name, issuer) in [("partner", fixed::PARTNER), ("other-partner", fixed::OTHER_PARTNER)] {
        let der = tls::pkcs8(&dir.join(format!("{name}.key")))?;
        let certificate = partner::certificate(&der, issuer)?;
        write_public(&dir.join(format!("{name}.pem")), &pem("CERTIFICATE", &certificate))?;
        write_public(&dir.join(format!("{name}-jwks.json")), &jwks(&[&Key::ec(&der)?]))?;
    }
    Authority::make(dir)
}

/// Writes a file that only its owner can read.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<()> {
    write(path, text, 0o600)
}

/// Writes a file that everybody may read.
pub(crate) fn write_public(path: &Path, text: &str) -> Result<()> {
    write(path, text, 0o644)
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(mode).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Error::new(format!("writing {}: {error}", path.display())))
}
