//! This machine, or the one below `--root`, as far as a verdict depends on it.

use super::dialect::{DialectChoice, UNTESTED, installed};
use super::gate::{GateAnswer, Gates};
use crate::cli::base::Paths;
use crate::engine::{Account, Admitted, ListFile, Surroundings};
use crate::policy::{DEBIAN_12, DEBIAN_13, Dialect};
use crate::system::{
    HAS_NAME_SERVICE, Netgroups, has_group, has_netgroup, has_user, is_unopenable, read_regular,
    run_shell,
};
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::rc::Rc;

/// The largest list that is read: libwrap reads any, word by word, for each client that asks.
const MOST_BYTES: u64 = 1 << 30;

/// How the commands of `aclexec` are taken to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Aclexec {
    /// Gates are asked by their own code, without running them. Of other commands nobody knows: the
    /// verdict is undecided.
    #[default]
    Ask,
    /// They succeed.
    True,
    /// They fail.
    False,
    /// They are run.
    Run,
}

/// List files and netgroups are read once and kept.
#[derive(Debug)]
pub(crate) struct Machine {
    paths: Paths,
    aclexec: Aclexec,
    /// The build of the library; that which is installed unless one is given.
    dialect: OnceCell<&'static Dialect>,
    lists: RefCell<HashMap<Vec<u8>, ListFile>>,
    gates: Gates,
    netgroups: OnceCell<Netgroups>,
    /// Whether somebody who was asked about is in a netgroup that a rule names.
    met_member: Cell<bool>,
    /// Whether an account that a rule names is not in the files, where no name service can be asked.
    missed_account: Cell<bool>,
}

impl Machine {
    pub(crate) fn new(paths: &Paths, aclexec: Aclexec) -> Self {
        Self {
            paths: paths.clone(),
            aclexec,
            dialect: OnceCell::new(),
            lists: RefCell::default(),
            gates: Gates::new(paths),
            netgroups: OnceCell::new(),
            met_member: Cell::new(false),
            missed_account: Cell::new(false),
        }
    }

    /// What the verdicts so far owe to the build of the library, for people.
    pub(crate) fn remark(&self) -> Option<String> {
        if self.missed_account.get() {
            return Some(
                "an account that a rule names is not in /etc/passwd or /etc/group, and the static build \
                 cannot ask the name service: where it is known, the rule may decide otherwise"
                    .to_owned(),
            );
        }
        if let Some(hidden) = self.gates.hidden() {
            return Some(hidden);
        }
        let dialect = self.dialect();
        let title = dialect.title;
        if !dialect.is_tested {
            return Some(format!("for {title}: {UNTESTED}"));
        }
        let (does, other) = if dialect.netgroups {
            ("looks netgroups up", &DEBIAN_13)
        } else {
            ("does not look netgroups up", &DEBIAN_12)
        };
        self.met_member.get().then(|| {
            format!(
                "a netgroup has this client: libwrap of {title} {does}; ask about the other kind \
                 with --dialect {}",
                other.name
            )
        })
    }

    /// With the build of the library that is chosen, if one is.
    #[must_use]
    pub(crate) fn with_dialect(self, choice: Option<DialectChoice>) -> Self {
        let dialect = choice.map_or_else(OnceCell::new, |choice| OnceCell::from(choice.dialect()));
        Self { dialect, ..self }
    }

    /// This machine, on which no command is run: what one would say is not known.
    pub(crate) fn without_commands(&self) -> Self {
        let aclexec = match self.aclexec {
            Aclexec::Run => Aclexec::Ask,
            Aclexec::Ask | Aclexec::True | Aclexec::False => self.aclexec,
        };
        Self {
            dialect: self.dialect.clone(),
            ..Self::new(&self.paths, aclexec)
        }
    }

    /// What the gate says that a command of `aclexec`, with its letters replaced, calls; nothing if it
    /// calls none, or if another end was chosen for commands.
    pub(crate) fn gate(&self, command: &[u8]) -> Option<GateAnswer> {
        match self.aclexec {
            Aclexec::Ask => self.gates.ask(command),
            Aclexec::True | Aclexec::False | Aclexec::Run => None,
        }
    }

    /// The bytes of a file that a table or the system names. Nobody waits for a pipe.
    fn read(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let place = self.paths.followed(Path::new(OsStr::from_bytes(path)))?;
        read_regular(&place, MOST_BYTES)
    }

    /// What libwrap, as root, finds in a list file where reading it here fails.
    fn unread_list(&self, path: &[u8], error: &io::Error) -> ListFile {
        // F-FILE-07: then no word of it matches.
        let path = Path::new(OsStr::from_bytes(path));
        let place = self.paths.followed(path);
        if is_unopenable(place.as_deref().unwrap_or(path), error) {
            return ListFile::Absent;
        }
        ListFile::Unread(error.to_string())
    }

    /// Whether an account file below `--root` names the account.
    fn has_account_in(&self, file: &str, name: &[u8]) -> bool {
        let bytes = self.read(file.as_bytes()).unwrap_or_default();
        bytes.split(|&byte| byte == b'\n').any(|line| {
            line.split(|&byte| byte == b':')
                .next()
                .is_some_and(|field| field == name)
        })
    }
}

impl Surroundings for Machine {
    fn list_file(&self, path: &[u8]) -> ListFile {
        // libwrap opens what stands before a NUL.
        let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
        let mut lists = self.lists.borrow_mut();
        let read = || match self.read(path) {
            Ok(bytes) => ListFile::Read(bytes.into()),
            Err(error) => self.unread_list(path, &error),
        };
        lists.entry(path.to_vec()).or_insert_with(read).clone()
    }

    fn in_netgroup(&self, group: &[u8], name: &[u8]) -> bool {
        let read = || Netgroups::parse(&self.read(b"/etc/netgroup").unwrap_or_default());
        let is_member = self.netgroups.get_or_init(read).contains_host(group, name);
        self.met_member.set(self.met_member.get() || is_member);
        is_member
    }

    fn netgroup(&self, group: &[u8]) -> Option<bool> {
        if self.paths.root.is_none() {
            return has_netgroup(group);
        }
        match self.read(b"/etc/netgroup") {
            Ok(bytes) => Some(Netgroups::parse(&bytes).contains(group)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(false),
            Err(_) => None,
        }
    }

    fn has_interface(&self, name: &[u8]) -> bool {
        let is_plain = !name.is_empty() && !name.starts_with(b".") && !name.contains(&b'/');
        is_plain
            && Path::new("/sys/class/net")
                .join(OsStr::from_bytes(name))
                .exists()
    }

    fn has_account(&self, account: Account, name: &[u8]) -> bool {
        let text = str::from_utf8(name).ok();
        let has_service = HAS_NAME_SERVICE && self.paths.root.is_none();
        let found = match (account, has_service) {
            (Account::User, false) => self.has_account_in("/etc/passwd", name),
            (Account::Group, false) => self.has_account_in("/etc/group", name),
            (Account::User, true) => text.is_some_and(has_user),
            (Account::Group, true) => text.is_some_and(has_group),
        };
        let is_doubtful = !HAS_NAME_SERVICE && self.paths.root.is_none() && !found;
        self.missed_account
            .set(self.missed_account.get() || is_doubtful);
        found
    }

    fn aclexec(&self, command: &[u8]) -> Option<bool> {
        match self.aclexec {
            Aclexec::Ask => self.gate(command).map(|answer| answer.admits),
            Aclexec::True => Some(true),
            Aclexec::False => Some(false),
            Aclexec::Run => Some(run_shell(command).is_ok_and(|status| status.success())),
        }
    }

    fn aclexec_clients(&self, template: &[u8]) -> Option<Rc<Admitted>> {
        match self.aclexec {
            Aclexec::Ask => self.gates.clients(template),
            Aclexec::True | Aclexec::False | Aclexec::Run => None,
        }
    }

    fn dialect(&self) -> &'static Dialect {
        self.dialect
            .get_or_init(|| installed(self.paths.root.as_deref()))
    }
}
