//! What the gate of a rule decides, by the code of the gate itself and on the same files: nothing is
//! run.

use crate::cli::base::Paths;
use crate::engine::Admitted;
use crate::escape::visible;
use crate::lint::GateData;
use crate::system::{Clock as _, SystemClock, open_regular};
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use tcpw_gate::{Call, CallError, Client, Fault, Network, Settings, Sources, Why, program_of};

/// Where a daemon's PATH mostly leads (systemd.exec(5)).
const PROGRAM_DIRECTORIES: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];
/// The name of the program.
pub(crate) const GATE: &str = "tcpw-gate";

/// The age in days from which on a database is called old.
const STALE_DAYS: i64 = 60;

/// An address that nobody has (RFC 6676), for a question whether a call can be followed.
const SOMEBODY: IpAddr = IpAddr::V4(Ipv4Addr::new(233, 252, 0, 1));

/// What a gate says about a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GateAnswer {
    /// Whether its command succeeds.
    pub(crate) admits: bool,
    /// Why.
    pub(crate) why: GateReason,
}

/// Why the command of a gate ends as it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GateReason {
    /// The program cannot be run (F-ACL-04).
    Absent(PathBuf, GateProgram),
    /// It cannot follow its words.
    Wrong(CallError),
    /// It decides.
    Decided(Why),
}

/// Why a program cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateProgram {
    /// There is none.
    Missing,
    /// It is there, and it is not a file that may be run.
    NotRunnable,
}

/// Whether a program can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Runnable,
    Not(GateProgram),
    /// It cannot be looked at.
    Hidden,
}

/// The gates of this machine, or of the one below `--root`. Files are opened once.
#[derive(Debug)]
pub(crate) struct Gates {
    paths: Paths,
    settings: OnceCell<Settings>,
    sources: RefCell<Sources>,
    programs: RefCell<HashMap<PathBuf, Presence>>,
    admitted: RefCell<HashMap<Vec<u8>, Option<Rc<Admitted>>>>,
    /// The last file that the gate needs and that may not be read here, and why.
    hidden: RefCell<Option<String>>,
}

impl Gates {
    pub(crate) fn new(paths: &Paths) -> Self {
        Self {
            paths: paths.clone(),
            settings: OnceCell::new(),
            sources: RefCell::new(Sources::new(paths.root.as_deref())),
            programs: RefCell::default(),
            admitted: RefCell::default(),
            hidden: RefCell::default(),
        }
    }

    /// What the command of an `aclexec`, with its letters replaced, says; nothing if it is not a call
    /// of the gate and nothing else, or if its program or its data may not be read here.
    pub(crate) fn ask(&self, command: &[u8]) -> Option<GateAnswer> {
        let call = Call::of_command(command)?;
        if let Some(answer) = self.absent(command)? {
            return Some(answer);
        }
        let call = match call {
            Ok(call) => call,
            Err(error) => {
                return Some(GateAnswer {
                    admits: error.broken.admits(),
                    why: GateReason::Wrong(error),
                });
            }
        };
        let address = match call.client() {
            Client::Address(address) => Some(address),
            Client::Unknown => None,
            // The client's own text cannot have become a letter again.
            Client::Each => return None,
        };
        self.decide(&call, address)
    }

    fn decide(&self, call: &Call, address: Option<IpAddr>) -> Option<GateAnswer> {
        let sources = &mut *self.sources.borrow_mut();
        let found = tcpw_gate::decide(call, address, self.settings(), sources, SystemClock.now());
        if let Why::Broken { fault, .. } = &found.why
            && self.is_hidden(fault)
        {
            return None;
        }
        Some(GateAnswer {
            admits: found.admits,
            why: GateReason::Decided(found.why),
        })
    }

    /// Whether a fault is that this user may not read a file; the gate of a daemon mostly runs as root and may.
    fn is_hidden(&self, fault: &Fault) -> bool {
        let path = match fault {
            Fault::Configuration { path, .. }
            | Fault::Database { path, .. }
            | Fault::Set { path, .. } => path,
            Fault::Call(_)
            | Fault::NoDatabase { .. }
            | Fault::Stale { .. }
            | Fault::OwnAddresses { .. }
            | Fault::Internal => return false,
        };
        let opened = open_regular(&self.paths.inside(path));
        let is_refused = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
        let Some(error) = opened.err().filter(is_refused) else {
            return false;
        };
        let shown = visible(path.as_os_str().as_bytes());
        *self.hidden.borrow_mut() = Some(format!(
            "tcpw-gate needs {shown}, which cannot be read here: {error}; ask as root"
        ));
        true
    }

    /// What could not be read that a gate needs, for people.
    pub(crate) fn hidden(&self) -> Option<String> {
        self.hidden.borrow().clone()
    }

    /// Whom the command of an `aclexec` admits, as it stands in the rule; nothing if it is not a call
    /// of the gate that asks about the client's address, or if that cannot be worked out.
    pub(crate) fn clients(&self, template: &[u8]) -> Option<Rc<Admitted>> {
        if let Some(known) = self.admitted.borrow().get(template) {
            return known.clone();
        }
        let found = self.work_out(template).map(Rc::new);
        let mut kept = self.admitted.borrow_mut();
        kept.insert(template.to_vec(), found.clone());
        found
    }

    fn work_out(&self, template: &[u8]) -> Option<Admitted> {
        let call = Call::of_command(template)?;
        // Another letter would make it another call for another client.
        if memchr::memchr_iter(b'%', template).count() != 1 {
            return None;
        }
        if self.absent(template)?.is_some() {
            return Some(Admitted::default());
        }
        let call = match call {
            Ok(call) if call.client() == Client::Each => call,
            Ok(_) => return None,
            Err(error) => return Some(everybody_if(error.broken.admits())),
        };
        let unknown = self.decide(&call, None)?.admits;
        let sources = &mut *self.sources.borrow_mut();
        let networks =
            tcpw_gate::admitted(&call, self.settings(), sources, SystemClock.now()).ok()?;
        let range = |network: Network| (network.first(), network.last());
        Some(Admitted {
            ranges: networks.into_iter().map(range).collect(),
            unknown,
        })
    }

    /// What follows if the program of a call cannot be run; the outer nothing means that nobody can
    /// tell.
    #[expect(
        clippy::option_option,
        reason = "nobody can tell, or it can be run, or it cannot"
    )]
    fn absent(&self, command: &[u8]) -> Option<Option<GateAnswer>> {
        let (path, presence) = self.presence(program_of(command));
        match presence {
            Presence::Runnable => Some(None),
            Presence::Not(why) => Some(Some(GateAnswer {
                admits: false,
                why: GateReason::Absent(path, why),
            })),
            Presence::Hidden => None,
        }
    }

    /// Where a program is, and whether it can be run there.
    fn presence(&self, program: &Path) -> (PathBuf, Presence) {
        let is_bare = program.components().count() == 1 && !program.is_absolute();
        let places = if is_bare {
            programs(program)
        } else {
            vec![program.to_owned()]
        };
        let mut first = None;
        for place in places {
            let presence = self.look(&place);
            if presence == Presence::Runnable {
                return (place, presence);
            }
            first.get_or_insert(presence);
        }
        let presence = first.unwrap_or(Presence::Not(GateProgram::Missing));
        (program.to_owned(), presence)
    }

    fn look(&self, place: &Path) -> Presence {
        let mut programs = self.programs.borrow_mut();
        let look = || match fs::metadata(self.paths.inside(place)) {
            Ok(found) if found.is_file() && found.permissions().mode() & 0o111 != 0 => {
                Presence::Runnable
            }
            Ok(_) => Presence::Not(GateProgram::NotRunnable),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Presence::Not(GateProgram::Missing)
            }
            Err(_) => Presence::Hidden,
        };
        *programs.entry(place.to_owned()).or_insert_with(look)
    }

    /// What keeps a call from an answer; nothing if it can be followed, at least for IPv4.
    pub(crate) fn fault(&self, call: &Call) -> Option<Fault> {
        let sources = &mut *self.sources.borrow_mut();
        let (settings, now) = (self.settings(), SystemClock.now());
        if let Err(fault) = tcpw_gate::admitted(call, settings, sources, now) {
            return Some(fault);
        }
        match tcpw_gate::decide(call, Some(SOMEBODY), settings, sources, now).why {
            Why::Broken { fault, .. } => Some(fault),
            Why::Exempt { .. }
            | Why::Excepted { .. }
            | Why::Met { .. }
            | Why::Unmet { .. }
            | Why::Unknown { .. }
            | Why::NoAddress { .. } => None,
        }
    }

    /// What is here of what a call needs.
    pub(crate) fn data(&self, call: &Call) -> GateData {
        let now = SystemClock.now();
        let mut data = GateData::default();
        if let Some(fault) = self.fault(call) {
            data.broken = Some(fault.to_string());
            return data;
        }
        let sources = &mut *self.sources.borrow_mut();
        let labels = tcpw_gate::asked(call, self.settings(), sources, now).unwrap_or_default();
        data.stale = labels
            .iter()
            .filter_map(|label| match label.built {
                None => {
                    let name = visible(label.name.as_bytes());
                    let path = visible(label.path.as_os_str().as_bytes());
                    Some(format!(
                        "{name} ({path}), which does not say how old its data are"
                    ))
                }
                Some(built) => (now.signed_duration_since(built).num_days() > STALE_DAYS)
                    .then(|| format!("{label}, which is older than {STALE_DAYS} days")),
            })
            .collect();
        let odd = call.countries().iter().filter(|country| !country.is_iso());
        for country in odd {
            let mut words = vec![
                "--strict".to_owned(),
                "--country".to_owned(),
                country.to_string(),
            ];
            for database in call.databases() {
                let path = database.to_string_lossy().into_owned();
                words.extend(["--database".to_owned(), path]);
            }
            words.extend(["--".to_owned(), "%a".to_owned()]);
            let found = Call::of_words(&words)
                .ok()
                .and_then(|alone| tcpw_gate::admitted(&alone, self.settings(), sources, now).ok());
            if found.is_some_and(|found| found.is_empty()) {
                data.nowhere.push(country.to_string());
            }
        }
        data
    }

    fn settings(&self) -> &Settings {
        let read = || Settings::read(self.paths.root.as_deref());
        self.settings.get_or_init(read)
    }
}

/// Where the shell of a daemon mostly looks for a program that is named without a path.
pub(crate) fn programs(name: &Path) -> Vec<PathBuf> {
    let directories = PROGRAM_DIRECTORIES.iter();
    directories.map(|at| Path::new(at).join(name)).collect()
}

/// All clients, or none.
fn everybody_if(admits: bool) -> Admitted {
    let all = [Network::ALL_V4, Network::ALL_V6].map(|all| (all.first(), all.last()));
    Admitted {
        ranges: if admits { all.to_vec() } else { Vec::new() },
        unknown: admits,
    }
}
