//! The cryptography of TLS: ring's.

use rustls::crypto::{CryptoProvider, ring};
use std::sync::Arc;

/// The algorithms that are offered and accepted.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
