//! The digests by which contents of tables are known again.

use ring::digest::{Context, Digest, SHA256};
use std::thread::{self, Builder};

/// The SHA-256 of `bytes`, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hexadecimal(&ring::digest::digest(&SHA256, bytes))
}

/// From as many bytes on, two contents are read at a time.
const LARGE: usize = 1 << 20;

/// Those of two contents which both begin with the same `head` bytes: these are read once.
pub(crate) fn digests(old: &[u8], new: &[u8], head: usize) -> [String; 2] {
    let mut context = Context::new(&SHA256);
    let (head, old) = old.split_at(head.min(old.len()));
    let new = new.get(head.len()..).unwrap_or_default();
    context.update(head);
    let finish = |rest: &[u8]| {
        let mut context = context.clone();
        context.update(rest);
        hexadecimal(&context.finish())
    };
    if old.len() < LARGE {
        return [finish(old), finish(new)];
    }
    let first = || finish(old);
    thread::scope(|scope| {
        let started = Builder::new().spawn_scoped(scope, first);
        let second = finish(new);
        // Where no thread can be started, one after the other.
        let first = started.map_or_else(|_| first(), |first| first.join().unwrap_or_default());
        [first, second]
    })
}

fn hexadecimal(hash: &Digest) -> String {
    let bytes = hash.as_ref().iter();
    bytes.fold(String::with_capacity(64), |text, byte| {
        text + &format!("{byte:02x}")
    })
}
