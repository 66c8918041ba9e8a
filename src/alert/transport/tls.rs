//! Whom we trust: the system's certificates, those of one file, or one certificate by its
//! fingerprint. There is no way to trust everybody.

use crate::alert::model::fault::{Cause, CertificateFault};
use crate::alert::transport::cryptography::provider;
use crate::alert::transport::pinned::{Pinned, Seen};
use crate::system::read_regular;
use memchr::memmem;
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{AlertDescription, CertificateError, ClientConfig, Error, RootCertStore};
use std::path::Path;
use std::sync::Arc;

/// All authorities of a system have a twentieth of this.
const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// How we speak TLS, and what the verifier saw of the server's certificate.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) config: Arc<ClientConfig>,
    pub(super) seen: Seen,
}

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
    let pem = read_regular(path, MOST_BYTES).map_err(|cause| named(&cause))?;
    if memmem::find(&pem, b"-----BEGIN CERTIFICATE-----").is_none() {
        return Err(named(&"has no certificate in PEM form"));
    }
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| named(&error))
}

/// How we speak TLS: 1.2 or 1.3. The server's certificate must be the one with `fingerprint`, if
/// there is one; else one of `ca_file`, byte for byte, or signed by one of its authorities.
///
/// # Errors
/// A sentence; when a file cannot be read, or none of the certificates can be used.
pub(super) fn client(
    ca_file: Option<&Path>,
    fingerprint: Option<[u8; 32]>,
) -> Result<Client, String> {
    let seen = Seen::default();
    let pinned = if let Some(fingerprint) = fingerprint {
        Pinned::by_fingerprint(fingerprint, seen.clone())
    } else {
        let authorities = authorities(ca_file)?;
        let exact = ca_file.map_or_else(Vec::new, |_| authorities.clone());
        let mut roots = RootCertStore::empty();
        let (usable, unusable) = roots.add_parsable_certificates(authorities);
        if usable == 0 {
            return Err(format!(
                "none of {unusable} trusted certificates can be used"
            ));
        }
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| error.to_string())?;
        Pinned::by_authorities(webpki, exact, seen.clone())
    };
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(pinned))
        .with_no_client_auth();
    Ok(Client {
        config: Arc::new(config),
        seen,
    })
}

/// What went wrong in a handshake, and the words for it; `seen` knows the certificate.
pub(super) fn trouble(error: &Error, seen: &Seen) -> (Cause, String) {
    use AlertDescription::{HandshakeFailure, ProtocolVersion};
    if let Error::InvalidCertificate(problem) = error {
        let (fault, text) = certificate_trouble(problem, seen);
        return (Cause::Certificate(fault), text);
    }
    let is_in_vain = matches!(
        error,
        Error::PeerIncompatible(_) | Error::AlertReceived(ProtocolVersion | HandshakeFailure)
    );
    let (cause, text) = if matches!(error, Error::InvalidMessage(_)) {
        let text = "the server does not speak TLS here: it answered in plain text";
        (Cause::SpeaksPlainly, text)
    } else if matches!(error, Error::NoCertificatesPresented) {
        let cause = Cause::Certificate(CertificateFault::Unusable);
        (cause, "the server has no certificate")
    } else if is_in_vain {
        let text = "the server and tcpw have no version or cipher of TLS in common (tcpw speaks TLS 1.2 and 1.3)";
        (Cause::NoCommonTls, text)
    } else if matches!(error, Error::AlertReceived(_)) {
        (Cause::Other, "the server broke the TLS handshake off")
    } else {
        (Cause::Other, "the TLS handshake failed")
    };
    (cause, text.to_owned())
}

fn certificate_trouble(problem: &CertificateError, seen: &Seen) -> (CertificateFault, String) {
    use CertificateError as Problem;
    let leaf = seen.take();
    let is_self_signed = leaf.as_ref().is_some_and(|leaf| leaf.is_self_signed);
    let print = leaf.map_or_else(String::new, |leaf| {
        format!(" (its fingerprint is {})", leaf.fingerprint)
    });
    if let Problem::NotValidForNameContext {
        expected,
        presented,
    } = problem
    {
        let names: Vec<String> = presented.iter().filter_map(|name| plain(name)).collect();
        if names.is_empty() {
            let text =
                format!("the certificate names no host: it has no subjectAltName for one{print}");
            return (CertificateFault::NoName, text);
        }
        let (expected, names) = (expected.to_str(), names.join(", "));
        let text = format!("the certificate is not for {expected}, but for {names}");
        return (CertificateFault::OtherName, text);
    }
    let (fault, text) = if matches!(problem, Problem::ApplicationVerificationFailure) {
        let text = "is not the one of mail.smtp.fingerprint";
        (CertificateFault::OtherFingerprint, text)
    } else if matches!(problem, Problem::Expired | Problem::ExpiredContext { .. }) {
        (CertificateFault::Expired, "has expired")
    } else if matches!(
        problem,
        Problem::NotValidYet | Problem::NotValidYetContext { .. }
    ) {
        (CertificateFault::NotYet, "is not valid yet")
    } else if is_self_signed {
        (CertificateFault::SelfSigned, "is signed by itself")
    } else if matches!(problem, Problem::UnknownIssuer | Problem::BadSignature) {
        let text = "is not signed by a trusted authority";
        (CertificateFault::Untrusted, text)
    } else {
        (CertificateFault::Unusable, "cannot be used")
    };
    (fault, format!("the certificate {text}{print}"))
}

/// A host's name or address as the library shows it, `DnsName("mail.example.org")`, without its
/// wrapping; nothing for other kinds of names.
fn plain(shown: &str) -> Option<String> {
    let inside = shown
        .strip_prefix("DnsName(")
        .or_else(|| shown.strip_prefix("IpAddress("))?;
    let inside = inside.trim_end_matches(')').trim_matches('"');
    Some(crate::escape::visible_short(inside.as_bytes(), 100))
}
