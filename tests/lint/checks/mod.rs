//! Checks: what they find, on fixtures, on random tables and before the real libwrap.

mod dialects;
mod examples;
mod files;
mod groups;
mod harm;
mod impossible;
mod properties;
mod seventeen;
mod words;
