//! The kept folder and the authority's certificates, held against `openssl`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use common::{Folder, openssl, standin};
use pdnd::{Identity, Signer, Standin};

fn verify(identity: Identity, purpose: &str) -> Option<Result<(), String>> {
    let authority = standin().authority();
    let (ca, crl) = (authority.ca(), authority.crl());
    let certificate = authority.certificate(identity);
    let path = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let arguments = ["verify", "-crl_check", "-purpose", purpose, "-CAfile", &path(&ca), "-CRLfile", &path(&crl)];
    let done = openssl(&[&arguments[..], &[&path(&certificate)]].concat(), b"")?;
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    Some(if done.status.success() { Ok(()) } else { Err(said) })
}

#[test]
fn certificates_are_good_or_bad_for_the_reason_they_are_named_after() {
    let Some(server) = verify(Identity::Server, "sslserver") else { return };
    assert_eq!(server, Ok(()));
    for good in [Identity::Consumer, Identity::GovWay, Identity::Unnamed] {
        assert_eq!(verify(good, "sslclient"), Some(Ok(())));
        assert!(verify(good, "sslserver").unwrap().is_err(), "a client's certificate is none of a server");
    }
    for (bad, reason) in [
        (Identity::Revoked, "certificate revoked"),
        (Identity::Expired, "certificate has expired"),
        // Its issuer has our authority's name and another key.
        (Identity::Stranger, "unable to get local issuer certificate"),
    ] {
        let said = verify(bad, "sslclient").unwrap().unwrap_err();
        assert!(said.contains(reason), "{bad:?}: {said}");
    }
}

#[test]
fn certificates_name_whom_they_should() {
    for (identity, names) in [
        (Identity::Server, vec!["DNS:localhost", "DNS:ifs.example.it", "IP Address:127.0.0.1"]),
        (Identity::Consumer, vec!["DNS:consumer.example.it"]),
        (Identity::GovWay, vec!["DNS:govway.example.it", "URI:spiffe://example.it/govway"]),
        (Identity::Unnamed, vec!["DNS:somebody.example.it"]),
        (Identity::Revoked, vec!["DNS:consumer.example.it", "DNS:govway.example.it", "URI:spiffe://example.it/govway"]),
    ] {
        let file = standin().authority().certificate(identity);
        let arguments = ["x509", "-in", file.to_str().unwrap(), "-noout", "-ext", "subjectAltName"];
        let Some(done) = openssl(&arguments, b"") else { return };
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        for name in names {
            assert!(said.contains(name), "{identity:?}: {said}");
        }
    }
}

#[test]
fn keys_are_made_once_and_only_their_owner_reads_them() {
    let folder = Folder::new();
    let opened: Vec<Standin> = thread::scope(|scope| {
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(|| Standin::open(&folder.0).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let again = Standin::open(&folder.0).unwrap();
    for one in &opened {
        assert_eq!(one.jwks(&[Signer::Current, Signer::Next]), again.jwks(&[Signer::Current, Signer::Next]));
    }
    // Those who came second left nothing behind.
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1);
    let mut keys = 0;
    for entry in fs::read_dir(again.dir()).unwrap() {
        let entry = entry.unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        if text.contains("PRIVATE KEY") {
            keys += 1;
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
        }
    }
    // Five that sign tokens, seven of certificates; the authority's own is kept nowhere.
    assert_eq!((keys, again.secrets().unwrap().len()), (12, 12));
}

#[test]
fn a_folder_that_cannot_be_made_is_said() {
    let folder = Folder::new();
    let file = folder.file("in-the-way", b"");
    let error = Standin::open(std::path::Path::new(&file)).err().unwrap().to_string();
    assert!(error.starts_with("making "), "{error}");
}
