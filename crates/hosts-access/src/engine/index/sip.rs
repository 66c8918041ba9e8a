//! SipHash-1-3: a keyed hash whose value is the same in every process, for what is written to a file.
//! The standard library has it and promises neither the algorithm nor the value.

/// The hash of `bytes` under a key of two numbers.
pub(crate) fn sip13(key: [u64; 2], bytes: &[u8]) -> u64 {
    let [k0, k1] = key;
    let mut state = State {
        v0: k0 ^ 0x736f_6d65_7073_6575,
        v1: k1 ^ 0x646f_7261_6e64_6f6d,
        v2: k0 ^ 0x6c79_6765_6e65_7261,
        v3: k1 ^ 0x7465_6462_7974_6573,
    };
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state.take(u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    // Its top byte is the length of all, as far as it goes into one.
    let length = u64::try_from(bytes.len()).unwrap_or(0) << 56;
    state.take(u64::from_le_bytes(last) | length);
    state.v2 ^= 0xff;
    for _ in 0..3 {
        state.round();
    }
    state.v0 ^ state.v1 ^ state.v2 ^ state.v3
}

struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl State {
    #[inline]
    fn take(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    #[inline]
    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v2 = self.v2.rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::{DefaultHasher, Hasher as _};

    /// The standard library's own, whose key is 0, as of every version so far.
    #[test]
    fn it_hashes_as_the_standard_library_does() {
        let bytes: Vec<u8> = (0..=255).collect();
        for length in 0..=255 {
            let text = &bytes[..length];
            let mut hasher = DefaultHasher::new();
            hasher.write(text);
            assert_eq!(sip13([0, 0], text), hasher.finish(), "{length}");
        }
    }

    #[test]
    fn every_key_has_hashes_of_its_own() {
        let keys = [[0, 0], [1, 0], [0, 1], [u64::MAX, 7]];
        let mut hashes = keys.map(|key| sip13(key, b"203.0.113.9"));
        hashes.sort_unstable();
        assert!(hashes.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
