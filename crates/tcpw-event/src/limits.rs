//! The limits that a daemon hands down to what it starts, and which are not meant for that.

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, rlim_t, setrlimit};

/// As many descriptors as a system usually gives: `select(2)` takes no more.
const DESCRIPTORS: rlim_t = 1024;

/// What a daemon may have restricted.
struct Widened {
    resource: Resource,
    /// What a system usually gives.
    usual: rlim_t,
    /// With less than this a deliverer cannot work.
    least: rlim_t,
    words: &'static str,
}

const WIDENED: [Widened; 6] = [
    Widened {
        resource: Resource::RLIMIT_FSIZE,
        usual: RLIM_INFINITY,
        least: 1 << 30,
        words: "size of files",
    },
    Widened {
        resource: Resource::RLIMIT_AS,
        usual: RLIM_INFINITY,
        least: 256 << 20,
        words: "memory",
    },
    Widened {
        resource: Resource::RLIMIT_DATA,
        usual: RLIM_INFINITY,
        least: 256 << 20,
        words: "memory for data",
    },
    Widened {
        resource: Resource::RLIMIT_CPU,
        usual: RLIM_INFINITY,
        least: 600,
        words: "computing time",
    },
    Widened {
        resource: Resource::RLIMIT_NPROC,
        usual: RLIM_INFINITY,
        least: 32,
        words: "processes",
    },
    Widened {
        resource: Resource::RLIMIT_NOFILE,
        usual: DESCRIPTORS,
        least: 64,
        words: "descriptors",
    },
];

/// Lifts the limits on the size of files, memory, computing time, processes and descriptors: for root to
/// what a system usually gives, for others as far as they may. A limit that is higher stays. Gives words
/// for those that are still too low for a deliverer.
pub fn widen_limits() -> Vec<&'static str> {
    let mut low = Vec::new();
    for widened in &WIDENED {
        let Ok((soft, hard)) = getrlimit(widened.resource) else {
            continue;
        };
        if soft >= widened.usual {
            continue;
        }
        let set = |soft, hard| setrlimit(widened.resource, soft, hard).is_ok();
        // Without the right to lift the hard limit the soft one goes up to it.
        let is_usual = set(widened.usual, widened.usual.max(hard));
        if !is_usual && (!set(hard, hard) || hard < widened.least) {
            low.push(widened.words);
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_limit_is_lifted_and_a_high_one_stays() {
        // A limit that nothing in this process comes near to.
        let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE).unwrap();
        setrlimit(Resource::RLIMIT_FSIZE, 1 << 40, hard).unwrap();
        assert!(widen_limits().is_empty());
        assert_eq!(getrlimit(Resource::RLIMIT_FSIZE).unwrap(), (hard, hard));
        let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert!(soft >= DESCRIPTORS);
    }
}
