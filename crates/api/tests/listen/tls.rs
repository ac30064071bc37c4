//! TLS: the handshake, its limit, and certificates that change under way.

use std::{path::Path, sync::Arc, time::Duration};

use hangar_api::listen::{ListenOptions, TlsReload};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::{io::AsyncWriteExt, net::TcpStream};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{Door, read_all, status};

const REQUEST: &[u8] = b"GET /peer HTTP/1.1\r\nConnection: close\r\n\r\n";

/// Writes a new self-signed certificate for `localhost` and returns it.
fn issue(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    cert.der().clone()
}

fn load(folder: &Path) -> TlsReload {
    TlsReload::load(folder.join("cert.pem"), folder.join("key.pem")).unwrap()
}

async fn connect(door: &Door, trusted: &CertificateDer<'static>) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, door.connect().await).await
}

async fn ask(door: &Door, trusted: &CertificateDer<'static>) -> String {
    let mut stream = connect(door, trusted).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    read_all(&mut stream).await
}

#[tokio::test]
async fn a_certificate_is_replaced_at_run_time_and_a_bad_one_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let old = issue(folder.path());
    let tls = load(folder.path());
    let door = Door::open(ListenOptions { tls: Some(tls.clone()), ..ListenOptions::default() }).await;
    let reply = ask(&door, &old).await;
    assert!(status(&reply) == "200" && reply.ends_with(r#"["127.0.0.1",true]"#), "{reply}");

    let key = std::fs::read(folder.path().join("key.pem")).unwrap();
    let new = issue(folder.path());
    let new_key = std::fs::read(folder.path().join("key.pem")).unwrap();
    for wrong in [&b"not a key"[..], &key] {
        std::fs::write(folder.path().join("key.pem"), wrong).unwrap();
        let error = tls.reload().unwrap_err();
        assert!(error.to_string().contains(".pem"), "{error}");
        assert_eq!(status(&ask(&door, &old).await), "200", "the old one serves on");
    }

    std::fs::write(folder.path().join("key.pem"), new_key).unwrap();
    tls.reload().unwrap();
    assert_eq!(status(&ask(&door, &new).await), "200");
    assert!(connect(&door, &old).await.is_err(), "the old certificate is gone");
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    issue(folder.path());
    let tls = Some(load(folder.path()));
    let door =
        Door::open(ListenOptions { tls, tls_handshake: Duration::from_millis(200), ..ListenOptions::default() }).await;
    assert_eq!(read_all(&mut door.connect().await).await, "");
}

#[tokio::test]
async fn plain_text_to_a_tls_door_is_closed_without_harm() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = issue(folder.path());
    let door = Door::open(ListenOptions { tls: Some(load(folder.path())), ..ListenOptions::default() }).await;
    assert!(!door.ask(REQUEST).await.contains("HTTP/1.1"));
    assert_eq!(status(&ask(&door, &certificate).await), "200");
}
