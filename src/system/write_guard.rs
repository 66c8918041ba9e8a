//! Landlock (landlock(7)): from some point on this process, and what it starts, can write only where it
//! has to.

use landlock::{
    ABI, Access as _, AccessFs, CompatLevel, Compatible as _, PathBeneath, PathFd,
    RestrictionStatus, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _, RulesetError,
    RulesetStatus, Scope,
};
use std::fs;
use std::path::{Path, PathBuf};

/// The newest of Landlock's rights to write that are known here; an older kernel gives what it has.
const RIGHTS: ABI = ABI::V5;
/// The newest of its walls between processes.
const WALLS: ABI = ABI::V6;
/// What programs of others have no business to write to, whatever they are: the system itself.
const SYSTEM: [&str; 12] = [
    "/bin", "/boot", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/root", "/sbin",
    "/sys", "/usr",
];

/// Who else is to work under the same guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Nobody: no program of others is started.
    Alone,
    /// Programs of others, of which nobody knows where they write.
    Programs,
}

/// How far the kernel keeps this process from writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteGuard {
    /// In every way that is known here.
    Whole,
    /// As far as an older kernel can.
    Part,
    /// Not at all, and why.
    None(String),
}

/// Lets this process write below `places` only; in company, everywhere but in the directories of the
/// system itself. A place that is not there is left out. Other threads than this one are not kept from
/// anything.
pub fn guard_writing(places: &[PathBuf], company: Company, no_new_privileges: bool) -> WriteGuard {
    match guard(places, company, no_new_privileges) {
        Ok(status) => match status.ruleset {
            RulesetStatus::FullyEnforced => WriteGuard::Whole,
            RulesetStatus::PartiallyEnforced => WriteGuard::Part,
            RulesetStatus::NotEnforced => {
                WriteGuard::None("this kernel has no Landlock".to_owned())
            }
        },
        Err(error) => WriteGuard::None(error.to_string()),
    }
}

fn guard(
    places: &[PathBuf],
    company: Company,
    no_new_privileges: bool,
) -> Result<RestrictionStatus, RulesetError> {
    let rights = AccessFs::from_write(RIGHTS);
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(rights)?;
    // A program of others may speak to other processes in ways that nobody knows here.
    let ruleset = match company {
        Company::Alone => ruleset.scope(Scope::from_all(WALLS))?,
        Company::Programs => ruleset,
    };
    let mut ruleset = ruleset.create()?.no_new_privs(no_new_privileges);
    let others = match company {
        Company::Alone => vec!["/dev/null".into()],
        Company::Programs => beside_the_system(),
    };
    for place in places.iter().chain(&others) {
        let Ok(opened) = PathFd::new(place) else {
            continue;
        };
        let rights = if place.is_dir() {
            rights
        } else {
            rights & AccessFs::from_file(RIGHTS)
        };
        ruleset = ruleset.add_rule(PathBeneath::new(opened, rights))?;
    }
    ruleset.restrict_self()
}

/// Everything in the top directory but the system itself.
fn beside_the_system() -> Vec<PathBuf> {
    let entries = fs::read_dir("/").into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.is_dir() && !is_system(path))
        .collect()
}

fn is_system(path: &Path) -> bool {
    SYSTEM.iter().any(|system| path == Path::new(system))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::thread;

    /// A thread has a guard of its own, which ends with it.
    fn guarded(work: impl FnOnce() + Send + 'static) {
        thread::spawn(work).join().unwrap();
    }

    #[test]
    fn writing_ends_at_the_places_that_are_named() {
        assert!(nix::unistd::geteuid().is_root(), "this test needs root");
        let stage = tempfile::tempdir().unwrap();
        let [inside, outside] = ["inside", "outside"].map(|name| stage.path().join(name));
        for directory in [&inside, &outside] {
            fs::create_dir(directory).unwrap();
            fs::write(directory.join("old"), "old").unwrap();
        }
        let (within, beyond) = (inside.clone(), outside.clone());
        guarded(move || {
            let absent = within.join("absent");
            let guard = guard_writing(&[within.clone(), absent], Company::Alone, false);
            assert_eq!(guard, WriteGuard::Whole);
            fs::write(within.join("new"), "new").unwrap();
            fs::rename(within.join("new"), within.join("newer")).unwrap();
            fs::remove_file(within.join("old")).unwrap();
            File::options().write(true).open("/dev/null").unwrap();
            let refused = [
                fs::write(beyond.join("new"), ""),
                fs::write(beyond.join("old"), ""),
                fs::remove_file(beyond.join("old")),
                fs::rename(within.join("newer"), beyond.join("newer")),
                fs::create_dir(beyond.join("directory")),
            ];
            for result in refused {
                let error = result.unwrap_err();
                assert!(matches!(error.raw_os_error(), Some(1 | 13 | 18)), "{error}");
            }
            assert_eq!(fs::read(beyond.join("old")).unwrap(), b"old");
        });
        guarded(move || {
            let guard = guard_writing(&[], Company::Programs, false);
            assert_eq!(guard, WriteGuard::Whole);
            fs::write(outside.join("new"), "new").unwrap();
            fs::rename(outside.join("new"), inside.join("moved")).unwrap();
            let error = fs::write("/etc/tcpw-guard-test", "").unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
        });
    }
}
