//! The reading side of the drop directory. Its files were put there by anybody, so nothing in it is
//! trusted: the reporter is the owner of the file, only regular files with the agreed name are
//! read, each is of bounded size, one user's are of a bounded number, and what is no event is
//! deleted, counted and told once. A file that cannot be read may be one all the same: it stays.
//! Root's events come first, the others in turn by user.

pub(super) mod collector;
