//! The digests by which contents of tables are known again.

use ring::digest::{Context, Digest, SHA256};

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
    let finish = |mut context: Context, rest: &[u8]| {
        context.update(rest);
        hexadecimal(&context.finish())
    };
    let copy = context.clone();
    if old.len() < LARGE {
        return [finish(context, old), finish(copy, new)];
    }
    std::thread::scope(|scope| {
        let whole = || finish(context.clone(), old);
        let first = std::thread::Builder::new().spawn_scoped(scope, whole);
        let second = finish(copy, new);
        // Where no thread can be had, this one does both.
        let first = first.map_or_else(|_| whole(), |first| first.join().unwrap_or_default());
        [first, second]
    })
}

fn hexadecimal(hash: &Digest) -> String {
    let bytes = hash.as_ref().iter();
    bytes.fold(String::with_capacity(64), |text, byte| {
        text + &format!("{byte:02x}")
    })
}
