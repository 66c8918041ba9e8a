//! Whether a server's certificate is accepted: exactly one that is configured, or one of a trusted
//! authority that is for the server's name and in its time.

use crate::alert::transport::cryptography::provider;
use ring::digest::{SHA256, digest};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// What can be determined of a certificate that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    /// As `mail.smtp.fingerprint` takes it.
    pub(super) fingerprint: String,
    /// Whether its issuer is itself.
    pub(super) is_self_signed: bool,
}

/// Where the verifier leaves what it saw.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<Mutex<Option<Leaf>>>);

impl Seen {
    /// What was seen last.
    pub(super) fn take(&self) -> Option<Leaf> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, certificate: &CertificateDer<'_>) {
        let leaf = Leaf {
            fingerprint: fingerprint(certificate),
            is_self_signed: is_self_signed(certificate),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(leaf);
    }
}

/// Which certificates are accepted.
#[derive(Debug)]
enum Accepted {
    /// The one with this SHA-256, whatever its names and times.
    Fingerprint([u8; 32]),
    /// These byte for byte, whatever their names and times; else what the verifier accepts.
    Signed(Arc<WebPkiServerVerifier>, Vec<CertificateDer<'static>>),
}

/// The verifier.
#[derive(Debug)]
pub(super) struct Pinned {
    accepted: Accepted,
    seen: Seen,
}

impl Pinned {
    pub(super) fn by_fingerprint(fingerprint: [u8; 32], seen: Seen) -> Self {
        Self {
            accepted: Accepted::Fingerprint(fingerprint),
            seen,
        }
    }

    pub(super) fn by_authorities(
        verifier: Arc<WebPkiServerVerifier>,
        exact: Vec<CertificateDer<'static>>,
        seen: Seen,
    ) -> Self {
        Self {
            accepted: Accepted::Signed(verifier, exact),
            seen,
        }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = match &self.accepted {
            Accepted::Fingerprint(wanted) => {
                let found = digest(&SHA256, end_entity);
                if is_same(wanted, found.as_ref()) {
                    Ok(ServerCertVerified::assertion())
                } else {
                    Err(CertificateError::ApplicationVerificationFailure.into())
                }
            }
            Accepted::Signed(_, exact) if exact.iter().any(|one| is_same(one, end_entity)) => {
                Ok(ServerCertVerified::assertion())
            }
            Accepted::Signed(verifier, _) => verifier.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ),
        };
        if verified.is_err() {
            self.seen.put(end_entity);
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Whether two byte strings are the same, in a time that does not depend on where they differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differences) == 0
}

/// The SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` and the configuration have
/// it.
fn fingerprint(certificate: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for (at, byte) in digest(&SHA256, certificate).as_ref().iter().enumerate() {
        let colon = if at == 0 { "" } else { ":" };
        // Writing into a string does not fail.
        _ = write!(text, "{colon}{byte:02X}");
    }
    text
}

/// Whether issuer and subject are the same name (RFC 5280, 4.1). A certificate that cannot be read
/// is not.
fn is_self_signed(certificate: &[u8]) -> bool {
    issuer_and_subject(certificate).is_some_and(|(issuer, subject)| issuer == subject)
}

fn issuer_and_subject(certificate: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    let mut next = || {
        let (tag, value, after) = element(rest)?;
        rest = after;
        Some((tag, value))
    };
    // The version is left out in those of version 1.
    if next()?.0 == 0xa0 {
        next()?;
    }
    next()?;
    let issuer = next()?.1;
    next()?;
    let subject = next()?.1;
    Some((issuer, subject))
}

/// The first element of DER: its tag, its value, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let is_short = bytes.len() <= 4;
        let length = bytes
            .iter()
            .fold(0_usize, |all, &byte| (all << 8) | usize::from(byte));
        (is_short.then_some(length)?, rest)
    };
    let (value, after) = rest.split_at_checked(length)?;
    Some((tag, value, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_means_every_byte() {
        assert!(is_same(b"", b"") && is_same(b"abc", b"abc"));
        for other in [b"abd".as_slice(), b"ab", b"abcd", b"xbc", b""] {
            assert!(!is_same(b"abc", other), "{other:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_not_self_signed() {
        for odd in [
            b"".as_slice(),
            b"\x30",
            b"\x30\x84\xff\xff\xff\xff",
            b"\x30\x89\x01\x01\x01\x01\x01\x01\x01\x01\x01",
            b"\x30\x04\x30\x02\x02\x00",
        ] {
            assert!(!is_self_signed(odd), "{odd:?}");
        }
    }
}
