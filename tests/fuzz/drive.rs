//! Each target for a fixed time, on the inputs that are kept and on what becomes of them.

use super::mutate::input;
use super::targets::{TARGETS, Target, seeds};
use crate::engine::Random;
use crate::proof::say;
use std::fmt::Write as _;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How long each target runs; `TCPW_FUZZ_SECONDS` says otherwise.
const SECONDS: u64 = 6;
/// The fewest inputs that show that something was tried.
const LEAST: u64 = 200;

/// A number that the environment gives, or another.
fn given(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// Puts inputs to a target until the time is over; gives their number, or the input that fails.
fn drive(target: &Target, seed: u64, time: Duration) -> Result<u64, Vec<u8>> {
    let mut random = Random::new(target.name.bytes().fold(seed, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u64::from(byte))
    }));
    let seeds = seeds(target.name);
    let (begin, mut count) = (Instant::now(), 0);
    let mut kept = seeds.iter();
    while begin.elapsed() < time || count < LEAST {
        let bytes = kept.next().cloned();
        let bytes = bytes.unwrap_or_else(|| input(&mut random, &seeds));
        if catch_unwind(|| (target.run)(&bytes)).is_err() {
            return Err(bytes);
        }
        count += 1;
    }
    Ok(count)
}

#[test]
fn each_target_holds_for_its_time() {
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let seed = given("TCPW_SEED", u64::from(age.unwrap().subsec_nanos()));
    let time = Duration::from_secs(given("TCPW_FUZZ_SECONDS", SECONDS));
    let only = std::env::var("TCPW_FUZZ_TARGET").ok();
    say(&format!("fuzz: inputs from TCPW_SEED={seed}"));
    let waiting = TARGETS
        .iter()
        .filter(|target| only.as_ref().is_none_or(|only| only == target.name));
    let waiting = Mutex::new(waiting);
    let next = || waiting.lock().unwrap().next();
    let lines = Mutex::new(String::new());
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(target) = next() {
                    let count = drive(target, seed, time).unwrap_or_else(|bytes| {
                        panic!(
                            "TCPW_SEED={seed}: {} fails on\n{}",
                            target.name,
                            bytes.escape_ascii()
                        )
                    });
                    write!(lines.lock().unwrap(), ", {} {count}", target.name).unwrap();
                }
            });
        }
    });
    let lines = lines.into_inner().unwrap();
    say(&format!(
        "fuzz: {} s each, no failure: inputs{}",
        time.as_secs(),
        lines.trim_start_matches(',')
    ));
}

/// The driver finds what a target does not hold, and gives the input.
#[test]
fn a_target_that_fails_is_noticed() {
    let target = Target {
        name: "config",
        run: |bytes| assert!(!bytes.windows(4).any(|part| part == b"334 "), "found"),
    };
    let found = drive(&target, 1, Duration::from_secs(60)).unwrap_err();
    assert!(found.windows(4).any(|part| part == b"334 "));
}

/// The same seed gives the same inputs.
#[test]
fn inputs_can_be_had_again() {
    let seeds = seeds("messages");
    let some = |seed| -> Vec<Vec<u8>> {
        let mut random = Random::new(seed);
        (0..50).map(|_| input(&mut random, &seeds)).collect()
    };
    assert_eq!(some(5), some(5));
    assert_ne!(some(5), some(6));
}

/// What a fuzzer is built for is what is driven here, but for the one that asks libwrap.
#[test]
fn no_target_is_left_out() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let mut there: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let mut driven: Vec<String> = TARGETS
        .iter()
        .map(|target| target.name.to_owned())
        .collect();
    driven.push("engine_libwrap".to_owned());
    let script = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/run")).unwrap();
    let line = script
        .lines()
        .find_map(|line| line.strip_prefix("targets=("));
    let mut named: Vec<String> = line
        .unwrap()
        .trim_end_matches(')')
        .split(' ')
        .map(str::to_owned)
        .collect();
    for list in [&mut there, &mut driven, &mut named] {
        list.sort();
    }
    assert_eq!(there, driven);
    assert_eq!(named, driven);
}
