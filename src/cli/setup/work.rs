//! Everything that setup is going to do, worked out before anything is done.

use super::args::SetupArgs;
use crate::cli::base::{Context, Failure, Paths};
use crate::cli::change::alert_places;
use crate::cli::change::alert_rule::{self, Directory, Raised};
use crate::cli::change::changes::ChangeArgs;
use crate::cli::change::client_list::clients_of;
use crate::cli::change::make::make;
use crate::cli::change::refusal::wrong_word;
use crate::cli::machine::deliverer_user::DelivererUser;
use crate::cli::machine::schedule::{self, ScheduleArgs, Setup};
use crate::cli::machine::settings::load;
use crate::config::{
    self, Config, Login, Password, ReviseError, Smtp, TransportSettings, revise, without_passwords,
};
use crate::editor::{
    ApplyStep, Asked, Asks, Change, Companion, Daemon, Ground, Intent, Refusal, Scope,
    ShownCompanion, Triggers, Wish, deny_all, in_steps, install_alert, list, verify_alert,
    verify_default, verify_deny_all, verify_list,
};
use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};

/// What is going to be done.
pub(super) struct Work {
    asked: Asked,
    /// Nothing without an alert.
    alarm: Option<Alarm>,
    /// Which alerts the change leaves.
    raised: Cell<Raised>,
    /// The configuration as it was and will be, also without its passwords.
    file: Companion,
    shown: [String; 2],
    config: Config,
    /// Directories that are missing.
    directories: Vec<Directory>,
}

/// An alert that is going to be installed.
struct Alarm {
    /// Who raises it.
    triggers: Triggers,
    command: String,
    /// What sees to the alerts of daemons that do not run as root.
    schedule: Setup,
}

/// The text of the configuration, if there is one; it must be right.
pub(super) fn configuration(paths: &Paths) -> Result<Option<String>, Failure> {
    let path = &paths.config;
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::new(format_args!("cannot read {}: {error}", path.display()))
            .hint("run it as root; nothing was changed")
    };
    match path.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
        Ok(_) => {}
    }
    // Whatever is wrong with it is reported with its line.
    load(paths)?;
    std::fs::read_to_string(path)
        .map(Some)
        .map_err(|error| unreadable(&error))
}

impl Work {
    /// Works it out; nothing is changed yet. `text` is the configuration, if there is one.
    pub(super) fn prepare(
        args: &SetupArgs,
        text: Option<String>,
        context: &Context,
    ) -> Result<Self, Failure> {
        let clients = clients_of(&args.allow, &args.from)?;
        let daemons: Result<Vec<_>, _> = args.daemons.iter().map(|d| Daemon::parse(d)).collect();
        let daemons = daemons.map_err(|error| wrong_word(&error))?;
        let paths = &context.paths;
        let new = revised(args, text.as_deref(), &paths.config)?;
        let parse = |place: &dyn Fn(&Path) -> PathBuf| {
            config::parse(new.as_bytes(), &paths.config, place).map_err(|error| {
                Failure::new(format_args!(
                    "the new configuration would be wrong: {error}"
                ))
                .hint("give other mail options; nothing was changed")
            })
        };
        let config = parse(&|path| paths.inside(path))?;
        check_files(&config)?;
        let (alarm, directories) = if args.no_alarm {
            (None, Vec::new())
        } else {
            let written = parse(&Path::to_path_buf)?;
            let alarm = Alarm {
                triggers: args.on.triggers(),
                command: alert_rule::command(context, &written.drop)?,
                schedule: alert_rule::schedule(context, &written)?,
            };
            (Some(alarm), alert_rule::missing_directories(&config))
        };
        Ok(Self {
            asked: Asked::new(Wish::Grant, clients, daemons),
            alarm,
            raised: Cell::new(Raised::default()),
            shown: [
                without_passwords(text.as_deref().unwrap_or_default()),
                without_passwords(&new),
            ],
            file: Companion {
                path: paths.config.clone(),
                before: text.map(String::into_bytes),
                after: new.into_bytes(),
            },
            config,
            directories,
        })
    }

    /// Does it, or shows it. If it fails, nothing is left of it.
    pub(super) fn make(
        &self,
        args: &SetupArgs,
        options: ChangeArgs,
        context: &mut Context,
    ) -> Result<(), Failure> {
        if options.dry_run {
            self.change(args, options, context)?;
            let user = DelivererUser::find(context);
            return self
                .alarm
                .as_ref()
                .map_or(Ok(()), |_| user.preview(context));
        }
        let absent = |directory: &Directory| -> Vec<PathBuf> {
            let up = directory.path.ancestors();
            up.take_while(|path| !path.exists())
                .map(Path::to_owned)
                .collect()
        };
        let new: Vec<PathBuf> = self.directories.iter().flat_map(absent).collect();
        let done = self
            .create()
            .and_then(|()| self.change(args, options, context));
        if done.is_err() {
            // Only those that are still empty, the deepest of each first.
            for path in new {
                drop(std::fs::remove_dir(path));
            }
        } else if self.alarm.is_some() {
            let user = DelivererUser::find(context).make(context)?;
            alert_places::settle(user, &self.config, context)?;
        }
        done
    }

    fn create(&self) -> Result<(), Failure> {
        self.directories.iter().try_for_each(|directory| {
            directory.create().map_err(|error| {
                Failure::new(directory.failed(&error)).hint("nothing else was changed")
            })
        })
    }

    /// The tables and the configuration, in one commit.
    fn change(
        &self,
        args: &SetupArgs,
        options: ChangeArgs,
        context: &mut Context,
    ) -> Result<(), Failure> {
        let allow = |ground: &Ground<'_>| list(ground, &self.asked);
        let is_allowed = |before: &Ground<'_>, after: &Ground<'_>, change: &Change| {
            verify_list(before, after, &self.asked, change)
        };
        let alarm = |ground: &Ground<'_>| match &self.alarm {
            Some(alarm) => {
                let change = install_alert(ground, alarm.triggers, &alarm.command)?;
                self.raised.set(Raised::of(&change));
                Ok(change)
            }
            None => Ok(Change::default()),
        };
        let is_raised = |_: &Ground<'_>, after: &Ground<'_>, _: &Change| match &self.alarm {
            Some(alarm) => verify_alert(after, alarm.triggers, &alarm.command),
            None => Ok(()),
        };
        let steps = [
            ApplyStep {
                change: &allow,
                verify: &is_allowed,
            },
            ApplyStep {
                change: &deny_all,
                verify: &verify_deny_all,
            },
            ApplyStep {
                change: &alarm,
                verify: &verify_default,
            },
        ];
        let change = |ground: &Ground<'_>| -> Result<Change, Refusal> { in_steps(ground, &steps) };
        let [old, new] = &self.shown;
        let intent = Intent::new(
            &change,
            &is_raised,
            Scope::new(Asks::Setup(&self.asked), args.force.force),
        )
        .guarded(!args.force.force)
        .with_companion(ShownCompanion {
            file: &self.file,
            shown: [old, new],
        });
        make(context, options, &intent).map(drop)
    }

    /// Says what is there now and what it does.
    pub(super) fn explain(&self, context: &mut Context) -> Result<(), Failure> {
        for directory in &self.directories {
            context.out.line(directory.created())?;
        }
        if let Some(alarm) = &self.alarm {
            alert_rule::explain(context, alarm.triggers, self.raised.get())?;
            schedule::explain(ScheduleArgs::default(), &alarm.schedule, context)?;
        }
        if let TransportSettings::File { directory } = &self.config.mail.transport {
            let path = directory.display();
            context
                .out
                .line(format!("no mail is sent: each is kept as a file in {path}"))?;
        }
        Ok(())
    }

    /// Whether mail leaves this machine.
    pub(super) fn sends_mail(&self) -> bool {
        !matches!(self.config.mail.transport, TransportSettings::File { .. })
    }
}

fn revised(args: &SetupArgs, text: Option<&str>, path: &Path) -> Result<String, Failure> {
    revise(text, &args.mail.wanted()?, args.overwrite).map_err(|error| {
        let hint = if matches!(error, ReviseError::NotOne(_)) {
            "leave the options about it out, and change it there; nothing was changed"
        } else {
            "leave that option out to keep what is there, or repeat with --overwrite; nothing was \
             changed"
        };
        Failure::new(format_args!("cannot write {}: {error}", path.display())).hint(hint)
    })
}

/// Files without which no mail would go out, which is better known now than at the first alert.
fn check_files(config: &Config) -> Result<(), Failure> {
    let files = match &config.mail.transport {
        TransportSettings::File { .. } => Vec::new(),
        TransportSettings::Sendmail { program, .. } => vec![program.clone()],
        TransportSettings::Smtp(servers) => {
            let password = |login: &Login| match &login.password {
                Password::File(path) => Some(path.clone()),
                Password::Command(_) | Password::Credential(_) | Password::Literal(_) => None,
            };
            let files = |server: &Smtp| {
                let password = server.login.as_ref().and_then(password);
                password.into_iter().chain(server.ca_file.clone())
            };
            servers.iter().flat_map(files).collect()
        }
    };
    files.into_iter().try_for_each(|path| {
        std::fs::File::open(&path).map(drop).map_err(|error| {
            Failure::new(format_args!("cannot read {}: {error}", path.display()))
                .hint("mail could not be sent: put it there, or give another; nothing was changed")
        })
    })
}
