//! Whom endpoints believe to be an `https` upstream proxy.
//!
//! It speaks of the way to a client's proxy only. What a page asks for over TLS passes unread, and is the browser's own to
//! judge; nothing here may ever make a page trust anybody.

use std::fmt;
use std::sync::{Arc, LazyLock};

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;

use super::error::Error;

/// Mozilla's authorities, and those that the operator adds.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// Also the authorities of a PEM file's text (RFC 7468); other things in it are passed over.
    ///
    /// # Errors
    /// [`Error::InvalidTrust`] where there is no certificate in it, or one that cannot be used.
    pub fn with_pem(pem: &[u8]) -> Result<Self, Error> {
        let mut roots = public_roots();
        let mut added = 0;
        for authority in CertificateDer::pem_slice_iter(pem) {
            let authority = authority.map_err(|_| Error::InvalidTrust("the text is not PEM"))?;
            roots.add(authority).map_err(|_| Error::InvalidTrust("a certificate cannot be used"))?;
            added += 1;
        }
        if added == 0 { Err(Error::InvalidTrust("there is no certificate")) } else { Ok(Self::of(roots)) }
    }

    fn of(roots: RootCertStore) -> Self {
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has suites for every safe version")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self(Arc::new(config))
    }

    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.0)
    }
}

/// Mozilla's authorities alone, made once.
impl Default for Trust {
    fn default() -> Self {
        static PUBLIC: LazyLock<Trust> = LazyLock::new(|| Trust::of(public_roots()));
        PUBLIC.clone()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust(…)")
    }
}

fn public_roots() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(pem: &str) -> Error {
        Trust::with_pem(pem.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_file_without_a_usable_certificate_is_refused_and_not_quoted() {
        let made = rcgen::generate_simple_self_signed(vec!["proxy.example".to_owned()]).unwrap();
        let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
        assert!(Trust::with_pem(format!("{key}{certificate}").as_bytes()).is_ok());
        let broken = "-----BEGIN CERTIFICATE-----\naHVzaA==\n-----END CERTIFICATE-----\n";
        for pem in ["", "hush", &*key, broken, &certificate[..certificate.len() / 2]] {
            let error = refused(pem);
            assert!(matches!(error, Error::InvalidTrust(_)), "{pem}: {error}");
            assert!(!error.to_string().contains("hush") && !format!("{error:?}").contains("hush"), "{error:?}");
        }
    }
}
