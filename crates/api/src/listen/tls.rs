//! TLS from two PEM files that can be replaced while the server runs.
//!
//! A renewal that fails half-way must never take the door down: the old certificate serves until the new one is whole.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{ServerConfig, crypto::ring};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Why a certificate cannot be used. No text of the key is ever part of it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read or is not PEM.
    #[error("cannot read the TLS file {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: pem::Error,
    },
    /// The certificate file holds no certificate.
    #[error("the TLS file {path} holds no certificate")]
    Empty {
        /// Which.
        path: PathBuf,
    },
    /// The certificate and the key do not fit, or are of a kind that is not supported.
    #[error("the TLS certificate {path} cannot be used with its key")]
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::Error,
    },
}

/// A certificate that can be read again; clones share it.
#[derive(Clone, Debug)]
pub struct TlsReload {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

impl TlsReload {
    /// Reads a PEM chain and its PEM key.
    ///
    /// # Errors
    /// Where a file is missing or wrong, or the two do not belong together.
    pub fn load(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, TlsError> {
        let (certificate, key) = (certificate.into(), key.into());
        let current = RwLock::new(Arc::new(read(&certificate, &key)?));
        Ok(Self { shared: Arc::new(Shared { certificate, key, current }) })
    }

    /// Reads the same files again. New connections use what they hold now; open ones keep what they have.
    ///
    /// # Errors
    /// As [`TlsReload::load`]; the old certificate then stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let new = Arc::new(read(&self.shared.certificate, &self.shared.key)?);
        *self.shared.current.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.shared.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The handshake, within `limit`.
pub(super) async fn accept(reload: &TlsReload, stream: TcpStream, limit: Duration) -> io::Result<TlsStream<TcpStream>> {
    let handshake = TlsAcceptor::from(reload.current()).accept(stream);
    tokio::time::timeout(limit, handshake).await.map_err(io::Error::from)?
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let read_error = |path: &Path| {
        let path = path.to_path_buf();
        move |source| TlsError::Read { path, source }
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(|pieces| pieces.collect::<Result<Vec<_>, _>>())
        .map_err(read_error(certificate))?;
    if chain.is_empty() {
        return Err(TlsError::Empty { path: certificate.to_path_buf() });
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(read_error(key))?;
    configure(chain, key).map_err(|source| TlsError::Unusable { path: certificate.to_path_buf(), source })
}

fn configure(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<ServerConfig, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
