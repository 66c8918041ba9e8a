//! Whether the name service of the system, nsswitch.conf(5), can be asked at all.

/// Whether this program can ask it. One that is linked statically cannot: the C library would load its
/// parts from shared libraries, and musl's asks only files and DNS, whatever nsswitch.conf says.
pub const HAS_NAME_SERVICE: bool = !cfg!(target_feature = "crt-static");
