//! Compiled tables as files: where they are kept, who may have written them, which table they are of,
//! and how they are made, looked at and asked.

mod build;
mod build_error;
mod excerpt;
mod form_file;
mod form_state;
mod place;
mod remove;
mod table_state;
#[cfg(test)]
mod tests;

pub use build::{CompiledSummary, build, refresh};
pub use build_error::BuildError;
pub use excerpt::{excerpt, excerpt_through, is_worth};
pub use form_file::FormFault;
pub use form_state::{FormState, look};
pub use place::form_path;
pub use remove::remove;
pub use table_state::identity_of;
