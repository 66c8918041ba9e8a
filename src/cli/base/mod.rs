//! What every command needs: where the files are, how to print, how to fail, and shared values.

pub(super) mod address;
pub(super) mod background;
pub(super) mod context;
pub(super) mod excerpt;
pub(super) mod exit;
pub(super) mod failure;
pub(super) mod format;
pub(super) mod global_args;
pub(super) mod new_file;
pub(super) mod output;
pub(super) mod paths;
pub(super) mod period;
pub(super) mod progress;
pub(super) mod shell_word;
pub(super) mod terminal;
pub(super) mod text;
pub(super) mod times;
pub(super) mod xml;

pub(super) use context::Context;
pub(super) use exit::Exit;
pub(super) use failure::Failure;
pub(super) use format::{LanguageChoice, ListFormat, locale};
pub(super) use global_args::GlobalArgs;
pub(super) use new_file::write_new;
pub(super) use output::{Output, Style};
pub(super) use paths::Paths;
pub(super) use shell_word::shell_word;
pub(super) use text::Text;
pub(super) use xml::{XML_DECLARATION, xml_text};
