//! Where an address belongs: country and owner of the network, from databases on disk in the
//! format of `MaxMind`. A database that cannot be read is a remark in the letter, never a reason
//! not to send it.

pub(super) mod places;
