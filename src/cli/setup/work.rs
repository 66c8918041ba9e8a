//! Everything that setup is going to do, worked out before anything is done.

use super::args::SetupArgs;
use super::password::{Before, NewPassword};
use super::sentence::{Others, Whom};
use super::table_work::{AlertWork, TableWork};
use super::words::{DIFFERS, IS_REMOVED, IS_WRITTEN, MISSING, NO_MAIL, WROTE_SECRET};
use crate::cli::base::{Context, Failure, Paths};
use crate::cli::change::alert_places;
use crate::cli::change::alert_rule::{self, Directory};
use crate::cli::change::changes::{ChangeArgs, transact};
use crate::cli::change::make::make;
use crate::cli::change::remarks;
use crate::cli::machine::deliverer_user::DelivererUser;
use crate::cli::machine::schedule::{self, ScheduleArgs, Setup};
use crate::cli::machine::settings::load;
use crate::cli::machine::unit_removal;
use crate::config::{
    self, Config, Login, Password, ReviseError, Smtp, TransportSettings, revise, without_passwords,
};
use crate::editor::{Companion, DiffKind, Place, ShownCompanion, TransactionOutcome};
use crate::system::open_regular;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The bits of a file that somebody may run.
const EXECUTABLE: u32 = 0o111;

/// What is going to be done.
pub(super) struct Work {
    /// To the tables.
    pub(super) tables: TableWork,
    /// What runs tcpw by the clock, and how; nothing without an alert.
    schedule: Option<(ScheduleArgs, Setup)>,
    /// What else runs tcpw by the clock, and is removed.
    surplus: Vec<ScheduleArgs>,
    /// The configuration as it was and will be, also without its passwords.
    file: Companion,
    shown: [String; 2],
    config: Config,
    /// Directories that are missing.
    directories: Vec<Directory>,
    /// A password that was typed.
    password: Option<NewPassword>,
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
        password: Option<NewPassword>,
        context: &Context,
    ) -> Result<Self, Failure> {
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
        let typed = password.as_ref().map(|_| NewPassword::path(paths));
        check_files(&config, typed.as_deref())?;
        let (alert, schedule, directories) = if args.alert.no_alarm {
            (None, None, Vec::new())
        } else {
            let written = parse(&Path::to_path_buf)?;
            let alert = AlertWork {
                triggers: args.alert.triggers(),
                is_told: args.alert.on.is_some(),
                command: alert_rule::command(context, &written.drop)?,
            };
            let schedule = (
                ScheduleArgs::of(args.clock.kind(context)),
                alert_rule::schedule(context, &written)?,
            );
            schedule::check(schedule.0, paths)?;
            let missing = alert_rule::missing_directories(&config);
            (Some(alert), Some(schedule), missing)
        };
        let tables = TableWork::new(args, alert)?;
        if let Some(alert) = &tables.alert {
            check_program(&alert.command, context)?;
        }
        Ok(Self {
            tables,
            schedule,
            surplus: args.clock.surplus(),
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
            password,
        })
    }

    /// Which of the tables and the configuration would be changed, and what beside them, one line each.
    pub(super) fn pending(
        &self,
        context: &mut Context,
    ) -> Result<(Vec<String>, Vec<String>), Failure> {
        let intended = self.tables.with_intent(Some(self.companion()), |intent| {
            transact(context, true, intent, None)
        });
        let outcome = intended.map_err(|stop| stop.failure(&context.paths))?;
        let paths = &context.paths;
        let mut lines: Vec<String> = Vec::new();
        for directory in &self.directories {
            let path = directory.path.display().to_string();
            lines.push(context.out.words(MISSING, &[&path]));
        }
        if self.password.as_ref().is_some_and(|new| new.is_new(paths)) {
            let path = NewPassword::shown(paths);
            lines.push(context.out.words(IS_WRITTEN, &[&path]));
        }
        if let Some((args, setup)) = &self.schedule {
            let user = DelivererUser::find(context);
            lines.extend(alert_places::pending(user, &self.config, context));
            let is_root = false;
            let files = schedule::pending(*args, setup, is_root, paths);
            let differs = |path: &String| context.out.words(DIFFERS, &[path]);
            lines.extend(files.iter().map(differs));
        }
        for other in &self.surplus {
            for path in unit_removal::installed_of(*other, paths) {
                lines.push(context.out.words(IS_REMOVED, &[&path]));
            }
        }
        Ok((changed_files(&outcome), lines))
    }

    fn companion(&self) -> ShownCompanion<'_> {
        let [old, new] = &self.shown;
        ShownCompanion {
            file: &self.file,
            shown: [old, new],
        }
    }

    /// Does it, or shows it. If it fails, nothing is left of it.
    pub(super) fn make(&self, options: ChangeArgs, context: &mut Context) -> Result<(), Failure> {
        if options.dry_run {
            self.change(options, context)?;
            let user = DelivererUser::find(context);
            return self
                .tables
                .alert
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
        let mut kept = None;
        let done = self
            .create()
            .and_then(|()| self.keep_password(context))
            .and_then(|before| {
                kept = before;
                self.change(options, context)
            });
        if let Err(failure) = done {
            // Only those that are still empty, the deepest of each first.
            for path in new {
                drop(std::fs::remove_dir(path));
            }
            if let Some(Err(error)) = kept.map(Before::restore) {
                context.out.note(&format!(
                    "the password stays in {}: {error}",
                    NewPassword::path(&context.paths).display()
                ))?;
            }
            return Err(failure);
        }
        for directory in &self.directories {
            let text = directory.created(context.out.language());
            context.out.did(&text)?;
        }
        if kept.is_some() {
            let path = NewPassword::path(&context.paths);
            let path = path.display().to_string();
            let text = context.out.words(WROTE_SECRET, &[&path]);
            context.out.did(&text)?;
        }
        self.finish(context)
    }

    /// What comes after the commit: the user, whose the directories are, and the clock.
    fn finish(&self, context: &mut Context) -> Result<(), Failure> {
        if let Some((args, setup)) = &self.schedule {
            let user = DelivererUser::find(context).make(context)?;
            alert_places::settle(user, &self.config, context)?;
            schedule::mend(setup, context)?;
            let is_root = user == DelivererUser::Wanted;
            schedule::install(*args, setup, is_root, context)?;
        }
        for other in &self.surplus {
            if !unit_removal::installed_of(*other, &context.paths).is_empty() {
                schedule::remove_files(*other, context)?;
            }
        }
        Ok(())
    }

    fn create(&self) -> Result<(), Failure> {
        self.directories.iter().try_for_each(|directory| {
            directory.create().map_err(|error| {
                Failure::new(directory.failed(&error)).hint("nothing else was changed")
            })
        })
    }

    fn keep_password(&self, context: &Context) -> Result<Option<Before>, Failure> {
        let paths = &context.paths;
        let new = self.password.as_ref().filter(|new| new.is_new(paths));
        new.map(|new| new.write(paths)).transpose()
    }

    /// The tables and the configuration, in one commit.
    fn change(&self, options: ChangeArgs, context: &mut Context) -> Result<(), Failure> {
        self.tables.with_intent(Some(self.companion()), |intent| {
            make(context, options, intent).map(drop)
        })
    }

    /// Says what is there now and what it does.
    pub(super) fn explain(&self, context: &mut Context) -> Result<(), Failure> {
        if let (Some(alert), Some((args, setup))) = (&self.tables.alert, &self.schedule) {
            alert_rule::explain(context, alert.triggers, self.tables.raised())?;
            schedule::explain(*args, setup, context)?;
        }
        if let TransportSettings::File { directory } = &self.config.mail.transport {
            let path = directory.display().to_string();
            context.out.say(NO_MAIL, &[&path])?;
        }
        Ok(())
    }

    /// What happens to those who do not get in.
    pub(super) fn others(&self) -> Others {
        match (&self.tables.alert, self.sends_mail()) {
            (None, _) => Others::Silent,
            (Some(_), true) => Others::Mailed,
            (Some(_), false) => Others::Kept,
        }
    }

    /// About whom of these there is an alert.
    pub(super) fn whom(&self, paths: &Paths) -> Whom {
        let is_nameless = |alert: &AlertWork| !alert.triggers.unlisted;
        if self.tables.alert.as_ref().is_some_and(is_nameless) {
            return Whom::Nameless;
        }
        self.tables.with_after(|after| {
            let silent = &after.unalerted;
            if silent.is_empty() {
                return Whom::All;
            }
            let place = |place: &Place| format!("{}:{}", remarks::path(paths, place), place.number);
            Whom::AllBut(silent.shown.iter().map(place).collect(), silent.more)
        })
    }

    /// Whether it installs what runs `tcpw expire`.
    pub(super) fn brings_schedule(&self) -> bool {
        let kind = self.schedule.as_ref().and_then(|(args, _)| args.kind());
        kind.is_some()
    }

    /// Whether mail leaves this machine.
    pub(super) fn sends_mail(&self) -> bool {
        !matches!(self.config.mail.transport, TransportSettings::File { .. })
    }

    /// Whether this changes how mail is sent, and so has to be tried.
    pub(super) fn changes_mail(&self, paths: &Paths) -> bool {
        let has_new = self.password.as_ref().is_some_and(|new| new.is_new(paths));
        self.file.is_changed() || has_new
    }
}

/// The program of the alert, which must be there where the rules are: below `--root`.
fn check_program(command: &str, context: &Context) -> Result<(), Failure> {
    let Some(root) = context
        .paths
        .root
        .as_ref()
        .filter(|_| !context.is_rehearsal)
    else {
        return Ok(());
    };
    let program = command.split(' ').next().unwrap_or_default();
    let place = context.paths.inside(Path::new(program));
    let is_program =
        |found: &Metadata| found.is_file() && found.permissions().mode() & EXECUTABLE != 0;
    if place.metadata().is_ok_and(|found| is_program(&found)) {
        return Ok(());
    }
    Err(Failure::new(format_args!(
        "there is no program {program} below {}, which the alert would run",
        root.display()
    ))
    .hint("install tcpw there first, or give --no-alarm; nothing was changed"))
}

/// The files of a change that is only shown.
fn changed_files(outcome: &TransactionOutcome) -> Vec<String> {
    let headers = outcome
        .diff
        .iter()
        .filter(|line| line.kind == DiffKind::Header);
    let names = headers.filter_map(|line| line.text.strip_prefix("+++ "));
    names.map(str::to_owned).collect()
}

fn revised(args: &SetupArgs, text: Option<&str>, path: &Path) -> Result<String, Failure> {
    revise(text, &args.mail.wanted(text.unwrap_or_default())?, true).map_err(|error| {
        let hint = if matches!(error, ReviseError::NotOne(_)) {
            "leave the options about it out, and change it there; nothing was changed"
        } else {
            "correct it there; nothing was changed"
        };
        Failure::new(format_args!("cannot write {}: {error}", path.display())).hint(hint)
    })
}

/// Files without which no mail would go out, or not a whole one, which is better known now than at the
/// first alert; `typed` is where a password will be that was typed.
fn check_files(config: &Config, typed: Option<&Path>) -> Result<(), Failure> {
    let mut files = match &config.mail.transport {
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
    // The password that was typed will be there.
    files.retain(|path| Some(path.as_path()) != typed);
    files.extend(config.mail.attachments.iter().cloned());
    files.into_iter().try_for_each(|path| {
        open_regular(&path).map(drop).map_err(|error| {
            Failure::new(format_args!("cannot read {}: {error}", path.display()))
                .hint("mail could not be sent: put it there, or give another; nothing was changed")
        })
    })
}
