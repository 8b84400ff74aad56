//! What the configurations that prove who calls are filled with: certificates, whose vouchers, whose keys.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use pdnd::{Identity, Standin, authority, fixed};
use serde_json::{Value, json};

use super::cluster::Tls;
use super::files;
use super::template::{Values, put, read};
use crate::{Context, Result, paths};

/// How many APIs there are: IFS01 to IFS09.
const APIS: u8 = 9;

/// What `edge.yaml`, `mtls.yaml`, `govway.yaml` and `govway-voucher.yaml` need beside what `development.yaml` does.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The address to listen at.
    pub address: String,
    /// The gateway's own certificate, with those between it and its authority, PEM.
    pub certificate: PathBuf,
    /// Its key, PEM; in the same folder.
    pub key: PathBuf,
    /// Who may connect at all, where client certificates are asked for.
    pub clients: Clients,
    /// Whose vouchers are good, where Envoy verifies them.
    pub vouchers: Vouchers,
}

/// Who may connect.
#[derive(Clone, Debug)]
pub struct Clients {
    /// The authorities of their certificates, PEM.
    pub authorities: PathBuf,
    /// What those have revoked, PEM; in the same folder.
    pub revoked: PathBuf,
    /// The names of which a certificate must bear one.
    pub names: Vec<Name>,
}

/// A name in a certificate (subject alternative name).
#[derive(Clone, Debug)]
pub enum Name {
    /// A host name.
    Dns(String),
    /// A URI.
    Uri(String),
}

/// Whose vouchers are good.
#[derive(Clone, Debug)]
pub struct Vouchers {
    /// `iss`.
    pub issuer: String,
    /// `aud` of each API, IFS01 first.
    pub audiences: Vec<String>,
    /// The issuer's keys.
    pub keys: Keys,
    /// A partner that signs its tokens itself.
    pub partner: Option<Partner>,
}

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum Keys {
    /// A JWKS in a file.
    File(PathBuf),
    /// A JWKS at an address, over TLS.
    Remote {
        /// Host name or address.
        host: String,
        /// TCP port.
        port: u16,
        /// Its path.
        path: String,
        /// How it proves itself.
        tls: Tls,
    },
}

/// A partner without PDND, whose key was exchanged beforehand.
#[derive(Clone, Debug)]
pub struct Partner {
    /// `iss`.
    pub issuer: String,
    /// Its public keys, a JWKS in a file.
    pub keys: PathBuf,
}

/// The shipped configurations that prove who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Vouchers at the edge.
    Edge,
    /// Vouchers and client certificates at the edge.
    Mtls,
    /// GovWay's headers.
    GovWay,
    /// GovWay's connection, and the voucher once more.
    GovWayVoucher,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Edge, Self::Mtls, Self::GovWay, Self::GovWayVoucher];

    /// The file under `envoy/`.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Edge => "edge.yaml",
            Self::Mtls => "mtls.yaml",
            Self::GovWay => "govway.yaml",
            Self::GovWayVoucher => "govway-voucher.yaml",
        }
    }

    /// Whose certificate opens a connection, in the stand-in's authority; nobody's where none is asked for.
    #[must_use]
    pub fn client(self) -> Option<Identity> {
        match self {
            Self::Edge => None,
            Self::Mtls => Some(Identity::Consumer),
            Self::GovWay | Self::GovWayVoucher => Some(Identity::GovWay),
        }
    }

    /// Whether Envoy verifies vouchers.
    #[must_use]
    pub fn verifies(self) -> bool {
        self != Self::GovWay
    }

    /// The filter's member `trust` for the stand-in's university: its producer, and the e-services of these APIs (1 for
    /// IFS01), which must be all that the bundle serves.
    #[must_use]
    pub fn trust(self, apis: &[u8]) -> Value {
        let eservices: serde_json::Map<String, Value> = apis
            .iter()
            .map(|api| {
                let (id, descriptor) = (fixed::eservice(*api), fixed::descriptor(*api));
                (format!("IFS0{api}"), json!({ "id": id, "descriptors": [descriptor] }))
            })
            .collect();
        let (producer, name) = (fixed::PRODUCER, authority::GOVWAY_NAME);
        match self {
            Self::GovWay => {
                json!({ "identity": "govway", "peers": [name], "producer": producer, "eservices": eservices })
            }
            _ => json!({
                "identity": "voucher",
                "metadata": "pdnd",
                "partners": "partner",
                "producer": producer,
                "eservices": eservices,
            }),
        }
    }
}

impl Gate {
    /// With the stand-in for PDND and for the operator's authority; its keys from its server, if that runs, else from a
    /// file. Listens on 127.0.0.1.
    #[must_use]
    pub fn standin(standin: &Standin, kind: Kind, server: Option<SocketAddr>) -> Self {
        let authority = standin.authority();
        let names = match kind.client() {
            Some(Identity::Consumer) => vec![Name::Dns(authority::CONSUMER_NAME.to_owned())],
            _ => vec![Name::Dns(authority::GOVWAY_NAME.to_owned())],
        };
        let keys = server.map_or_else(
            || Keys::File(standin.jwks_file()),
            |at| Keys::Remote {
                host: at.ip().to_string(),
                port: at.port(),
                path: "/.well-known/jwks.json".to_owned(),
                tls: Tls { name: "localhost".to_owned(), authorities: authority.ca() },
            },
        );
        Self {
            address: "127.0.0.1".to_owned(),
            certificate: authority.certificate(Identity::Server),
            key: authority.key(Identity::Server),
            clients: Clients { authorities: authority.ca(), revoked: authority.crl(), names },
            vouchers: Vouchers {
                issuer: fixed::ISSUER.to_owned(),
                audiences: (1..=APIS).map(fixed::audience).collect(),
                keys,
                partner: Some(Partner { issuer: fixed::PARTNER.to_owned(), keys: standin.partner_jwks_file() }),
            },
        }
    }

    /// The files with the secrets that Envoy reads (SDS).
    pub(super) fn secret_trees(&self, dir: &Path) -> Result<Vec<(PathBuf, Value)>> {
        let folder = |file: &Path| file.parent().map(files::text).context(format!("{} has no folder", file.display()));
        let certificate = Values::from([
            ("IFS_CERTIFICATE_FILE", files::text(&self.certificate)),
            ("IFS_KEY_FILE", files::text(&self.key)),
            ("IFS_CERTIFICATE_FOLDER", folder(&self.certificate)?),
        ]);
        let clients = Values::from([
            ("IFS_CLIENTS_CA_FILE", files::text(&self.clients.authorities)),
            ("IFS_CLIENTS_REVOKED_FILE", files::text(&self.clients.revoked)),
            ("IFS_CLIENTS_FOLDER", folder(&self.clients.authorities)?),
        ]);
        let one = |(template, values): (&str, Values)| {
            let mut tree = read(&paths::root().join("envoy").join("secrets").join(template))?;
            put(&mut tree, &values)?;
            Ok((dir.join(template).with_extension("json"), tree))
        };
        [("certificate.yaml", certificate), ("clients.yaml", clients)].into_iter().map(one).collect()
    }

    /// What there is of what a template has side by side.
    pub(super) fn sources(&self) -> Sources {
        let partner = self.vouchers.partner.as_ref().map(|_| PARTNER.to_owned());
        Sources { remote: matches!(self.vouchers.keys, Keys::Remote { .. }), partners: partner.into_iter().collect() }
    }

    /// What the placeholders of these configurations stand for.
    pub(super) fn values(&self, dir: &Path) -> Values {
        let text = |value: &str| Value::from(value);
        let names = self.clients.names.iter().map(|name| match name {
            Name::Dns(name) => json!({ "san_type": "DNS", "matcher": { "exact": name } }),
            Name::Uri(name) => json!({ "san_type": "URI", "matcher": { "exact": name } }),
        });
        let mut values = Values::from([
            ("IFS_ADDRESS", text(&self.address)),
            ("IFS_CERTIFICATE_SECRET_FILE", files::text(&dir.join("certificate.json"))),
            ("IFS_CLIENTS_SECRET_FILE", files::text(&dir.join("clients.json"))),
            ("IFS_CLIENT_NAMES", names.collect()),
            ("IFS_VOUCHER_ISSUER", text(&self.vouchers.issuer)),
        ]);
        values.extend(AUDIENCES.into_iter().zip(self.vouchers.audiences.iter().map(|audience| text(audience))));
        match &self.vouchers.keys {
            Keys::File(file) => {
                values.insert("IFS_JWKS_FILE", files::text(file));
            }
            Keys::Remote { host, port, path, tls } => {
                values.insert("IFS_JWKS_URI", Value::from(format!("https://{host}:{port}{path}")));
                values.insert("IFS_JWKS_HOST", text(host));
                values.insert("IFS_JWKS_PORT", Value::from(*port));
                values.insert("IFS_JWKS_NAME", text(&tls.name));
                values.insert("IFS_JWKS_CA_FILE", files::text(&tls.authorities));
            }
        }
        if let Some(partner) = &self.vouchers.partner {
            values.insert("IFS_PARTNER_ISSUER", text(&partner.issuer));
            values.insert("IFS_PARTNER_JWKS_FILE", files::text(&partner.keys));
        }
        values
    }
}

/// The placeholders of [`Vouchers::audiences`].
const AUDIENCES: [&str; APIS as usize] = [
    "IFS_AUDIENCE_1",
    "IFS_AUDIENCE_2",
    "IFS_AUDIENCE_3",
    "IFS_AUDIENCE_4",
    "IFS_AUDIENCE_5",
    "IFS_AUDIENCE_6",
    "IFS_AUDIENCE_7",
    "IFS_AUDIENCE_8",
    "IFS_AUDIENCE_9",
];

/// The provider of a partner's tokens in a template.
const PARTNER: &str = "partner";

/// Whose tokens are good, and where PDND's keys come from: what a template has side by side.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources {
    /// PDND's keys are fetched.
    pub(super) remote: bool,
    /// The providers of partners' tokens.
    pub(super) partners: Vec<String>,
}

impl Sources {
    /// Takes out of a template what there is none of: one of the two sources of keys, the partner; and repeats what is
    /// for each partner.
    pub(super) fn put(&self, tree: &mut Value) {
        if let Some(Value::Array(clusters)) = tree.pointer_mut("/static_resources/clusters")
            && !self.remote
        {
            clusters.retain(|cluster| cluster.get("name").and_then(Value::as_str) != Some("pdnd-keys"));
        }
        each(tree, &mut |members| {
            if members.contains_key("remote_jwks") && members.contains_key("local_jwks") {
                members.remove(if self.remote { "local_jwks" } else { "remote_jwks" });
            }
            if let Some(Value::Object(providers)) = members.get_mut("providers")
                && let Some(one) = providers.remove(PARTNER)
            {
                providers.extend(self.partners.iter().map(|name| (name.clone(), one.clone())));
            }
            let only = members.get_mut("requires").and_then(|requires| {
                let all = requires.pointer_mut("/requires_any/requirements")?.as_array_mut()?;
                let at = all.iter().position(|one| one.pointer(PROVIDER).and_then(Value::as_str) == Some(PARTNER))?;
                let one = all.remove(at);
                all.extend(self.partners.iter().map(|name| {
                    let mut one = one.clone();
                    if let Some(provider) = one.pointer_mut(PROVIDER) {
                        *provider = Value::from(name.as_str());
                    }
                    one
                }));
                if all.len() == 1 { all.pop() } else { None }
            });
            if let Some(only) = only {
                members.insert("requires".to_owned(), only);
            }
        });
    }
}

/// Whose tokens a requirement takes.
const PROVIDER: &str = "/provider_and_audiences/provider_name";

fn each(node: &mut Value, change: &mut dyn FnMut(&mut serde_json::Map<String, Value>)) {
    match node {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, change)),
        Value::Object(members) => {
            change(members);
            members.values_mut().for_each(|member| each(member, change));
        }
        _ => {}
    }
}
