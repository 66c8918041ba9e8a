//! All programs of a machine that wait for clients, each with its answer.

use crate::doctor::catalogue::programs_asking_as;
use crate::doctor::diagnosis::Diagnosis;
use crate::doctor::judge::Judge;
use crate::doctor::running::{Running, Waiting, waiting};
use crate::doctor::sockets::Port;
use crate::doctor::subject::Subject;
use crate::doctor::unit::{SocketUnit, socket_units};
use crate::doctor::unread::Unread;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What systemd's program is called, which holds the sockets of its units.
const SYSTEMD: &str = "systemd";
/// Where daemons are.
const FOLDERS: [&str; 6] = [
    "usr/sbin",
    "usr/bin",
    "sbin",
    "bin",
    "usr/local/sbin",
    "usr/local/bin",
];

/// What was found out about a machine.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// One for each program or service, those that ask first.
    pub answers: Vec<Diagnosis>,
    /// Ports at which a program waits that this user may not see.
    pub unseen: BTreeSet<Port>,
    /// Ports that no process holds which can be seen here, although all of them can: the kernel waits
    /// there itself.
    pub unheld: BTreeSet<Port>,
}

/// The machine that is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Machine<'a> {
    /// Its `/`.
    pub root: &'a Path,
    /// Its `/proc`; none where `root` is not the system that runs.
    pub proc: Option<&'a Path>,
    /// The allow table and the deny table.
    pub tables: [&'a Path; 2],
}

/// Which programs of a machine ask libwrap. Nothing is run to find out.
pub fn examine(machine: &Machine<'_>) -> Findings {
    let mut judge = Judge::new(machine.root);
    let mut unread = Unread::default();
    let units = socket_units(machine.root, &mut unread);
    let Waiting {
        programs,
        unseen,
        unheld,
    } = machine
        .proc
        .map(|proc| waiting(proc, &mut unread))
        .unwrap_or_default();
    let (systemd, others): (Vec<&Running>, Vec<&Running>) = programs.iter().partition(|running| {
        running
            .process
            .program
            .file_name()
            .is_some_and(|name| name == SYSTEMD)
    });
    let mut answers: Vec<Diagnosis> = others
        .iter()
        .flat_map(|running| judge.running(running, machine.tables))
        .collect();
    // A service that has been started holds the socket that systemd holds, too.
    let taken: BTreeSet<Port> = answers.iter().flat_map(|one| one.ports.clone()).collect();
    for running in systemd {
        let mut ports: BTreeSet<Port> = running.ports.difference(&taken).cloned().collect();
        for unit in &units {
            let (own, rest) = ports
                .into_iter()
                .partition(|port| unit.ports.contains(&port.number));
            ports = rest;
            let own: BTreeSet<Port> = own;
            if !own.is_empty() {
                answers.extend(of_unit(&mut judge, machine.root, unit, own));
            }
        }
        if !ports.is_empty() {
            answers.push(of_nobody(running, ports));
        }
    }
    answers.extend(machine.proc.and_then(unlisted));
    answers.extend(unread.causes().map(hidden));
    if machine.proc.is_none() {
        for unit in &units {
            answers.extend(of_unit(&mut judge, machine.root, unit, BTreeSet::new()));
        }
    }
    answers
        .sort_by(|a, b| (a.standing, &a.daemon, &a.ports).cmp(&(b.standing, &b.daemon, &b.ports)));
    Findings {
        answers,
        unseen,
        unheld,
    }
}

/// What a daemon of this name would do when it is started, by its file and its configuration alone:
/// one answer for each program that is installed and is called so, or asks under that name.
pub fn examine_installed(root: &Path, daemon: &str) -> Vec<Diagnosis> {
    let mut judge = Judge::new(root);
    let mut names = vec![daemon];
    names.extend(programs_asking_as(daemon));
    let found = names
        .iter()
        .filter(|name| !name.contains('/'))
        .filter_map(|name| {
            let mut places = FOLDERS.iter().map(|folder| Path::new(folder).join(name));
            places.find(|place| root.join(place).is_file())
        });
    let found: BTreeSet<PathBuf> = found.map(|place| Path::new("/").join(place)).collect();
    found
        .iter()
        .flat_map(|program| {
            let words = [program.display().to_string()];
            judge.program(&Subject::of_file(root, program, &words))
        })
        .collect()
}

fn of_unit(
    judge: &mut Judge,
    root: &Path,
    unit: &SocketUnit,
    ports: BTreeSet<Port>,
) -> Vec<Diagnosis> {
    if let Some(why) = &unit.why_open {
        let mut answer = Diagnosis::open(&unit.name, Path::new(""), why.clone());
        answer.ports = ports;
        return vec![answer];
    }
    let program = unit.words.first().map_or_else(PathBuf::new, PathBuf::from);
    let program = found_by_name(root, program);
    let mut subject = Subject::of_file(root, &program, &unit.words);
    subject.ports = ports;
    let mut answers = judge.program(&subject);
    for answer in &mut answers {
        let evidence = format!("systemd starts it for a client ({})", unit.name);
        answer.evidence.insert(0, evidence);
    }
    answers
}

/// A program that a unit names without a path is looked for where systemd looks (systemd.service(5)).
fn found_by_name(root: &Path, program: PathBuf) -> PathBuf {
    if program.is_absolute() || program.components().count() != 1 {
        return program;
    }
    let mut places = FOLDERS
        .iter()
        .map(|folder| Path::new(folder).join(&program));
    let found = places.find(|place| root.join(place).is_file());
    found.map_or(program, |place| Path::new("/").join(place))
}

/// What stands for all daemons where the processes of a machine cannot be listed.
fn unlisted(proc: &Path) -> Option<Diagnosis> {
    let cause = fs::read_dir(proc).err()?;
    let why = format!("{} cannot be listed: {cause}", proc.display());
    Some(Diagnosis::open("any daemon", proc, why))
}

/// What stands for the daemons that something hides which cannot be read.
fn hidden((path, cause): (PathBuf, String)) -> Diagnosis {
    let why = format!("{} cannot be read: {cause}", path.display());
    Diagnosis::open("any daemon", &path, why)
}

/// Ports of systemd that belong to no socket unit that is known.
fn of_nobody(running: &Running, ports: BTreeSet<Port>) -> Diagnosis {
    let why = "systemd waits there, and no socket unit that is enabled has these ports";
    Diagnosis {
        process: Some(running.process.number),
        ports,
        ..Diagnosis::open(SYSTEMD, &running.process.program, why.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;

    #[test]
    fn processes_that_cannot_be_listed_are_not_none() {
        let stage = tempfile::tempdir().unwrap();
        let proc = stage.path().join("proc");
        let table = Path::new("/nonexistent");
        let found = examine(&Machine {
            root: stage.path(),
            proc: Some(&proc),
            tables: [table, table],
        });
        let standings: Vec<_> = found.answers.iter().map(|one| one.standing).collect();
        assert_eq!(standings, [Standing::CannotTell]);
    }

    #[test]
    fn units_and_plugins_that_cannot_be_read_are_not_none() {
        let stage = tempfile::tempdir().unwrap();
        let root = stage.path();
        let circle = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(&path, &path).unwrap();
        };
        circle("etc/systemd/system/sockets.target.wants");
        circle("usr/lib/proftpd");
        fs::create_dir_all(root.join("usr/sbin")).unwrap();
        fs::copy("/proc/self/exe", root.join("usr/sbin/proftpd")).unwrap();
        let table = Path::new("/nonexistent");
        let found = examine(&Machine {
            root,
            proc: None,
            tables: [table, table],
        });
        let standings: Vec<_> = found.answers.iter().map(|one| one.standing).collect();
        assert_eq!(standings, [Standing::CannotTell]);
        let installed = examine_installed(root, "proftpd");
        let standings: Vec<_> = installed.iter().map(|one| one.standing).collect();
        assert_eq!(standings, [Standing::CannotTell]);
    }
}
