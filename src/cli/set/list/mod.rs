//! Lists of addresses, networks and ranges, in the forms that people and programs write.

mod array;
mod column;
mod ends;
mod feed;
mod file;
mod form;
mod intake;
mod ipset;
mod lines;
mod nft;
mod place;
mod table;
#[cfg(test)]
mod tests;
mod told;

pub(super) use column::Column;
pub(super) use file::ListFile;
pub(super) use form::ListForm;
pub(super) use intake::Intake;
pub(super) use told::Notes;
