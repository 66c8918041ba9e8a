//! Numbers that do not repeat.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// A number seeded by the kernel's random source: good for names that must not collide, not for
/// secrets.
pub fn random_u64() -> u64 {
    RandomState::new().build_hasher().finish()
}
