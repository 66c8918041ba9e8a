//! Whom we trust: the system's certificates, or those of one file. There is no way to trust
//! everybody.

use memchr::memmem;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore, crypto};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// The certificates of authorities: those in `ca_file`, else the system's.
///
/// # Errors
/// A sentence that names the file, or says that the system has none.
pub(super) fn authorities(ca_file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, String> {
    let Some(path) = ca_file else {
        let found = rustls_native_certs::load_native_certs();
        if found.certs.is_empty() {
            let text = "this system trusts no certificates at all; install ca-certificates, or name a ca_file";
            return Err(text.to_owned());
        }
        return Ok(found.certs);
    };
    let named = |cause: &dyn std::fmt::Display| format!("ca_file {}: {cause}", path.display());
    let pem = fs::read(path).map_err(|cause| named(&cause))?;
    if memmem::find(&pem, b"-----BEGIN CERTIFICATE-----").is_none() {
        return Err(named(&"has no certificate in PEM form"));
    }
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| named(&error))
}

/// How we speak TLS: 1.2 or 1.3, with the server's certificate checked against `authorities`.
///
/// # Errors
/// A sentence; when none of the certificates can be used.
pub(super) fn client(
    authorities: Vec<CertificateDer<'static>>,
) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let (usable, unusable) = roots.add_parsable_certificates(authorities);
    if usable == 0 {
        return Err(format!(
            "none of {unusable} trusted certificates can be used"
        ));
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The cryptography.
pub(super) fn provider() -> Arc<crypto::CryptoProvider> {
    Arc::new(crypto::ring::default_provider())
}
