//! TLS on loopback: a blocking client connection, and what servers need.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, StreamOwned};

use crate::authority::{Authority, Identity};
use crate::error::{Error, Result, while_doing};

/// A client's connection over TLS.
pub type Stream = StreamOwned<ClientConnection, TcpStream>;

/// Connects, shakes hands and checks the server's certificate against the authority and the name `localhost`.
///
/// With `identity` the client shows that certificate. With TLS 1.3 a server's refusal of it is seen at the first read,
/// not here. `timeout` bounds connecting and each wait of the handshake, and stays set on the socket.
///
/// # Errors
/// Files cannot be read, nobody listens, or the handshake fails.
pub fn connect(
    addr: SocketAddr,
    authority: &Authority,
    identity: Option<Identity>,
    timeout: Duration,
) -> Result<Stream> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(while_doing("TLS"))?
        .with_root_certificates(roots(authority)?);
    let config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (chain, key) = pair(authority, identity)?;
            builder.with_client_auth_cert(chain, key).map_err(while_doing("the client's certificate"))?
        }
    };
    let name = ServerName::try_from("localhost").map_err(while_doing("the server's name"))?;
    let mut session = ClientConnection::new(Arc::new(config), name).map_err(while_doing("TLS"))?;
    let doing = || while_doing(format!("connecting to {addr}"));
    let mut socket = TcpStream::connect_timeout(&addr, timeout).map_err(doing())?;
    let set = socket.set_read_timeout(Some(timeout)).and_then(|()| socket.set_write_timeout(Some(timeout)));
    set.and_then(|()| socket.set_nodelay(true)).map_err(doing())?;
    while session.is_handshaking() {
        session.complete_io(&mut socket).map_err(while_doing(format!("TLS with {addr}")))?;
    }
    Ok(StreamOwned::new(session, socket))
}

/// A server's side, with the certificate [`Identity::Server`].
pub(crate) fn server(authority: &Authority) -> Result<Arc<ServerConfig>> {
    let (chain, key) = pair(authority, Identity::Server)?;
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(while_doing("TLS"))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(while_doing("the server's certificate"))?;
    Ok(Arc::new(config))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn roots(authority: &Authority) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&authority.ca())? {
        roots.add(certificate).map_err(while_doing("the authority's certificate"))?;
    }
    Ok(roots)
}

fn pair(authority: &Authority, identity: Identity) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let key = PrivatePkcs8KeyDer::from(pkcs8(&authority.key(identity))?);
    Ok((certificates(&authority.certificate(identity))?, key.into()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = fs::read(path).map_err(while_doing(format!("reading {}", path.display())))?;
    let all: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    all.map_err(|error| Error::new(format!("{}: {error}", path.display())))
}

/// The first certificate of a PEM file, DER.
pub(crate) fn first_certificate(path: &Path) -> Result<Vec<u8>> {
    let first = certificates(path)?.into_iter().next();
    first.map(|der| der.to_vec()).ok_or_else(|| Error::new(format!("{}: no certificate", path.display())))
}

/// The PKCS#8 key of a PEM file, DER.
pub(crate) fn pkcs8(path: &Path) -> Result<Vec<u8>> {
    let text = fs::read(path).map_err(while_doing(format!("reading {}", path.display())))?;
    let key = PrivatePkcs8KeyDer::from_pem_slice(&text);
    key.map(|der| der.secret_pkcs8_der().to_vec()).map_err(|error| Error::new(format!("{}: {error}", path.display())))
}
