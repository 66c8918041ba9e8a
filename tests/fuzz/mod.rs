//! The fuzz targets, driven without a fuzzer: their bodies are those that libFuzzer runs.

#[path = "../../fuzz/bodies/compiled_table.rs"]
mod compiled_table;
#[path = "../../fuzz/bodies/config.rs"]
mod config;
#[path = "../../fuzz/bodies/dns_answers.rs"]
mod dns_answers;
#[path = "../../fuzz/bodies/event_decode.rs"]
mod event_decode;
#[path = "../../fuzz/bodies/export_check.rs"]
mod export_check;
#[path = "../../fuzz/bodies/gate_call.rs"]
mod gate_call;
#[path = "../../fuzz/bodies/gate_database.rs"]
mod gate_database;
#[path = "../../fuzz/bodies/import.rs"]
mod import;
#[path = "../../fuzz/bodies/index_linear.rs"]
mod index_linear;
#[path = "../../fuzz/bodies/log_lines.rs"]
mod log_lines;
#[path = "../../fuzz/bodies/messages.rs"]
mod messages;
#[path = "../../fuzz/bodies/parse_print.rs"]
mod parse_print;
#[path = "../../fuzz/bodies/repair.rs"]
mod repair;
#[path = "../../fuzz/bodies/set_file.rs"]
mod set_file;
#[path = "../../fuzz/bodies/sieve.rs"]
mod sieve;
#[path = "../../fuzz/bodies/smtp_replies.rs"]
mod smtp_replies;

mod drive;
mod mutate;
mod targets;
