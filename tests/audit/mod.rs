//! `tcpw audit`: as scanners look, by the very commands of the benchmarks, and as libwrap acts, by its own
//! word.

/// Files that are missing, unreadable, or something else than files.
mod bad;
/// What a failed command leaves open, and what cannot be worked out.
mod failed_commands;
/// The commands of the benchmarks, run on the same files.
mod literal;
/// What is printed, exit codes, and changes.
mod printed;
/// What libwrap says of the clients that are shown.
mod truth;

use crate::sandbox::program;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

/// `tcpw audit` on a system.
fn audit(root: &Path, arguments: &[&str]) -> Output {
    Command::new(program())
        .arg("--root")
        .arg(root)
        .arg("audit")
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .output()
        .unwrap()
}

/// What it says of profiles, as JSON.
fn json(root: &Path, profiles: &[&str]) -> Value {
    let mut arguments = vec!["--format", "json"];
    for profile in profiles {
        arguments.extend(["--profile", profile]);
    }
    let output = audit(root, &arguments);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_slice(&output.stdout).expect(&told)
}

/// The requirements of a document, each with its profile.
fn requirements(document: &Value) -> Vec<(String, &Value)> {
    let profiles = document["profiles"].as_array().unwrap().iter();
    profiles
        .flat_map(|profile| {
            let id = profile["profile"].as_str().unwrap();
            let all = profile["requirements"].as_array().unwrap().iter();
            all.map(move |requirement| (id.to_owned(), requirement))
        })
        .collect()
}

/// The word of a requirement under a key.
fn word<'v>(requirement: &'v Value, key: &str) -> &'v str {
    requirement[key].as_str().unwrap()
}
