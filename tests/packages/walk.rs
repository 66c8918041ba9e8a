//! The first five minutes as the README has them, typed on a terminal of a system of its own: from the package to
//! a closed and watched server, to a refused client and its mail, and back without a trace.

use super::deb::package;
use super::lifecycle::play;
use super::programs::root;
use crate::proof;

/// What the walk checks, one line each.
const FACTS: usize = 5;

fn walk(locale: &str) {
    let readme = root().join("README.md");
    let log = play(
        "walk.sh",
        &[package().as_os_str(), readme.as_os_str(), locale.as_ref()],
    );
    let proven: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("walk: "))
        .collect();
    assert_eq!(proven.len(), FACTS, "the script did not reach its end");
    for line in proven {
        proof::say(line);
    }
}

#[test]
fn five_minutes_in_english() {
    walk("en_US.UTF-8");
}

#[test]
fn five_minutes_in_korean() {
    walk("ko_KR.UTF-8");
}
