//! Which daemons ask libwrap, compared with what the daemons do.

mod newer_sshd;
mod system;
mod truth;

pub(crate) use newer_sshd::unpack as unpack_newer_sshd;
pub(crate) use truth::is_told;
