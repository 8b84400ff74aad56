//! What the tests share: a stand-in made once, reading tokens, and `openssl` as the verifier that shares no code with ours.

#![allow(dead_code, clippy::unwrap_used, missing_docs, reason = "shared by tests, of which each uses a part")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use pdnd::Standin;
use serde_json::Value;

/// The stand-in of this test program, kept by Cargo's target folder.
pub fn standin() -> &'static Standin {
    static STANDIN: OnceLock<Standin> = OnceLock::new();
    STANDIN.get_or_init(|| Standin::open(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("pdnd")).unwrap())
}

/// A folder of its own, removed when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pdnd-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs `openssl`; `None`, and a line that says so, where it is not installed.
pub fn openssl(arguments: &[&str], input: &[u8]) -> Option<Output> {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        println!("openssl is not installed: signature and certificate not checked by it");
        return None;
    };
    child.stdin.take().unwrap().write_all(input).unwrap();
    Some(child.wait_with_output().unwrap())
}

/// The parts of a token: header, payload, what is signed, signature.
pub struct Parts {
    pub header: Value,
    pub payload: Value,
    pub signed: String,
    pub signature: Vec<u8>,
}

pub fn parts(token: &str) -> Parts {
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "a compact JWS has three parts");
    Parts {
        header: serde_json::from_slice(&url(parts[0])).unwrap(),
        payload: serde_json::from_slice(&url(parts[1])).unwrap(),
        signed: format!("{}.{}", parts[0], parts[1]),
        signature: url(parts[2]),
    }
}

pub fn url(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub fn standard(text: &str) -> Vec<u8> {
    BASE64_STANDARD.decode(text).unwrap()
}

/// Whether `openssl` takes a signature over SHA-256 for good; `None` where it is not installed. An ECDSA signature is
/// given as DER.
pub fn verifies(public_pem: &[u8], signed: &str, signature: &[u8]) -> Option<bool> {
    let folder = Folder::new();
    let key = folder.file("public.pem", public_pem);
    let signature = folder.file("signature", signature);
    let done = openssl(&["dgst", "-sha256", "-verify", &key, "-signature", &signature], signed.as_bytes())?;
    Some(done.status.success())
}
