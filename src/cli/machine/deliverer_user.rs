//! The user as which alerts are delivered: found, or made by the system's own tools.

use crate::cli::base::{Context, Failure, Paths, Text};
use crate::system::{
    DELIVERY_USER, Ended, ServiceAccount, has_group, has_user, is_root, read_program,
    service_account,
};
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// How long a tool may take that makes a user.
const PATIENCE: Duration = Duration::from_secs(60);
/// What makes the user by hand.
const BY_HAND: &str = "useradd --system --user-group --no-create-home --home-dir /nonexistent \
                       --shell /usr/sbin/nologin tcpw";
/// What makes the user and the group, as sysusers.d(5) has it.
const SYSUSERS_LINE: &str = "u tcpw - \"Delivery of tcpw alerts\" /nonexistent /usr/sbin/nologin";

/// What is said of it.
const MADE: Text = Text {
    en: "made the system user and group tcpw, as which alerts are delivered (by {})",
    ko: "경보를 보낼 시스템 사용자와 그룹 tcpw를 만들었습니다 ({})",
};
const WOULD_MAKE: Text = Text {
    en: "dry run: the system user and group tcpw, as which alerts are delivered, would be made",
    ko: "미리 보기: 경보를 보낼 시스템 사용자와 그룹 tcpw를 만듭니다",
};

/// What a step makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Both,
    Group,
    User,
}

/// A way to make the user: programs and their arguments, one after the other.
type Way = &'static [(Step, &'static str, &'static [&'static str])];

/// The ways, the best one first. The last is that of `BusyBox`.
const WAYS: [Way; 3] = [
    &[(Step::Both, "systemd-sysusers", &["--inline", SYSUSERS_LINE])],
    &[
        (Step::Group, "groupadd", &["--system", "tcpw"]),
        (
            Step::User,
            "useradd",
            &[
                "--system",
                "--gid",
                "tcpw",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
                "--shell",
                "/usr/sbin/nologin",
                "tcpw",
            ],
        ),
    ],
    &[
        (Step::Group, "addgroup", &["-S", "tcpw"]),
        (Step::User, "adduser", &BUSYBOX_USER),
    ],
];
const BUSYBOX_USER: [&str; 10] = [
    "-S",
    "-D",
    "-H",
    "-h",
    "/nonexistent",
    "-s",
    "/sbin/nologin",
    "-G",
    "tcpw",
    "tcpw",
];
/// Whether there is a user as which alerts are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DelivererUser {
    /// There is.
    Present(ServiceAccount),
    /// There is none, and this command may make it.
    Wanted,
    /// There is none, and this command makes none: it is not about this machine as a whole.
    Foreign,
}

impl DelivererUser {
    /// Looks for the user: below `--root` in the accounts there, which stay as they are.
    pub(crate) fn find(context: &Context) -> Self {
        let paths = &context.paths;
        // The demo has a system of its own, and gives nothing of this one away.
        if context.is_rehearsal && paths.root.is_none() {
            return Self::Foreign;
        }
        let found = match &paths.root {
            Some(_) => account_below(paths),
            None => service_account(DELIVERY_USER),
        };
        match found {
            Some(account) => Self::Present(account),
            None if Self::is_of_this_machine(context) => Self::Wanted,
            None => Self::Foreign,
        }
    }

    /// Whether root runs this command for the machine as a whole: for its own tables.
    pub(crate) fn is_of_this_machine(context: &Context) -> bool {
        let paths = &context.paths;
        let are_its = paths.root.is_none()
            && paths.allow == Path::new("/etc/hosts.allow")
            && paths.deny == Path::new("/etc/hosts.deny");
        are_its && is_root() && !context.is_rehearsal
    }

    /// The numbers of the user.
    pub(crate) fn account(self) -> Option<ServiceAccount> {
        match self {
            Self::Present(account) => Some(account),
            Self::Wanted | Self::Foreign => None,
        }
    }

    /// Makes the user if it is wanted, and says so; or says that it could not, and what to type.
    pub(crate) fn make(self, context: &mut Context) -> Result<Self, Failure> {
        match self {
            Self::Present(_) => return Ok(self),
            Self::Foreign => {
                tell_foreign(context)?;
                return Ok(self);
            }
            Self::Wanted => {}
        }
        match make() {
            Ok(program) => {
                let text = context.out.words(MADE, &[program]);
                context.out.did(&text)?;
            }
            Err(cause) => context.out.note(&format!(
                "cannot make the system user tcpw: {cause}; alerts are delivered as root until you \
                 run `{BY_HAND}` and then this command again"
            ))?,
        }
        Ok(Self::find(context))
    }

    /// Says that the user stays when the alert is removed, and how to remove it.
    pub(crate) fn tell_left(self, context: &mut Context) -> Result<(), Failure> {
        match self {
            Self::Wanted | Self::Foreign => Ok(()),
            Self::Present(_) => context.out.line(
                "the user tcpw, /var/spool/tcpw and the journal in /var/lib/tcpw stay; nothing \
                 else needs them: `userdel tcpw` removes the user, `rm -r /var/spool/tcpw` the \
                 alerts that wait",
            ),
        }
    }

    /// Says what [`DelivererUser::make`] would do.
    pub(crate) fn preview(self, context: &mut Context) -> Result<(), Failure> {
        match self {
            Self::Present(_) => Ok(()),
            Self::Foreign => tell_foreign(context),
            Self::Wanted => context.out.say(WOULD_MAKE, &[]),
        }
    }
}

/// Of a system below `--root` that has accounts, but not this one.
fn tell_foreign(context: &mut Context) -> Result<(), Failure> {
    let Some(root) = &context.paths.root else {
        return Ok(());
    };
    let has_accounts = context.paths.inside(Path::new("/etc/passwd")).is_file();
    if !has_accounts || context.is_rehearsal {
        return Ok(());
    }
    let root = root.display();
    context.out.note(&format!(
        "{root} has no user tcpw, as which alerts are delivered, and below --root none is made: \
         tcpw install-alert on that system makes it, or systemd-sysusers at its start"
    ))
}

/// The numbers of the account in the files below `--root`.
fn account_below(paths: &Paths) -> Option<ServiceAccount> {
    let number = |file: &str| -> Option<u32> {
        let text = fs::read_to_string(paths.inside(Path::new(file))).ok()?;
        let line = text.lines().find_map(|line| {
            let rest = line.strip_prefix(DELIVERY_USER)?;
            rest.strip_prefix(':')
        })?;
        line.split(':').nth(1)?.parse().ok()
    };
    let (uid, gid) = (number("/etc/passwd")?, number("/etc/group")?);
    (uid != 0).then_some(ServiceAccount { uid, gid })
}

/// Makes the user by the first way that leads to it; gives the program.
fn make() -> Result<&'static str, String> {
    if has_user(DELIVERY_USER) && has_group(DELIVERY_USER) {
        return Err("the user tcpw is root by another name".to_owned());
    }
    let mut problem = None;
    for way in WAYS {
        match take(way) {
            Ok(program) if service_account(DELIVERY_USER).is_some() => return Ok(program),
            Ok(program) => problem = Some(format!("{program} made none")),
            // The first that is there is the one whose words count.
            Err(Some(cause)) => problem = problem.or(Some(cause)),
            Err(None) => {}
        }
    }
    Err(problem
        .unwrap_or_else(|| "there is none of systemd-sysusers, useradd and adduser".to_owned()))
}

/// Goes one way; gives its last program. Fails without words if a program is not there.
fn take(way: Way) -> Result<&'static str, Option<String>> {
    let mut last = "nothing";
    for (step, program, args) in way {
        let is_done = match step {
            Step::Both => false,
            Step::Group => has_group(DELIVERY_USER),
            Step::User => has_user(DELIVERY_USER),
        };
        if is_done {
            continue;
        }
        last = program;
        match read_program(program, args, PATIENCE, &mut |_| {}) {
            Ok(Ended::Exited(status, _)) if status.success() => {}
            Ok(Ended::Exited(status, complaint)) => {
                let complaint = complaint.lines().last().unwrap_or_default().to_owned();
                return Err(Some(format!("{program}: {status}: {complaint}")));
            }
            Ok(Ended::TooLong) => return Err(Some(format!("{program} does not end"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(None),
            Err(error) => return Err(Some(format!("{program}: {error}"))),
        }
    }
    Ok(last)
}
