//! `tcpw mute` and `tcpw unmute`: clients about which nobody is alerted, in the configuration.

use crate::alert::{is_deliverer_alive, request_handover};
use crate::cli::base::{Context, Exit, Failure, background};
use crate::cli::machine::settings;
use crate::config::{
    self, Config, ReviseError, muted_client, shown_client, with_mute, without_mute,
};
use crate::system::open_regular;
use clap::Args;
use ipnet::IpNet;
use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;
use tempfile::NamedTempFile;

/// How long a deliverer at work may take to make room.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(100);

/// Send no more alerts about a client; without CLIENT, list those
///
/// Writes alert.mute into the configuration. Connections of the client are still refused as before,
/// recorded in the journal and counted in reports: only the messages stop. `tcpw unmute CLIENT`
/// undoes it. Exit code 0: done, or already so. 2: it could not be done.
#[derive(Debug, Args)]
pub(crate) struct MuteArgs {
    /// An address or a network, such as 192.0.2.7 or 192.0.2.0/24
    #[arg(value_name = "CLIENT")]
    client: Option<String>,
}

/// Send alerts about a client again
///
/// Undoes `tcpw mute CLIENT`. Exit code 0: done. 2: the client is not muted, or it could
/// not be done.
#[derive(Debug, Args)]
pub(crate) struct UnmuteArgs {
    /// The address or network, as `tcpw mute` lists it
    #[arg(value_name = "CLIENT")]
    client: String,
}

pub(crate) fn mute(args: &MuteArgs, context: &mut Context) -> Result<Exit, Failure> {
    let config = settings::load(&context.paths)?;
    let Some(client) = &args.client else {
        return list(&config, context);
    };
    let client = parse(client)?;
    let text = read(context)?;
    let new = with_mute(text.as_deref(), client).map_err(|error| not_written(context, &error))?;
    let shown = shown_client(client);
    let Some(new) = new else {
        context.out.line(format!("{shown} is already muted"))?;
        return Ok(Exit::Done);
    };
    put(context, &new)?;
    take_effect(&config, context)?;
    context.out.line(format!(
        "no more alerts about {shown}; its connections are still recorded. `tcpw unmute {shown}` \
         undoes this"
    ))?;
    Ok(Exit::Done)
}

pub(crate) fn unmute(args: &UnmuteArgs, context: &mut Context) -> Result<Exit, Failure> {
    let config = settings::load(&context.paths)?;
    let client = parse(&args.client)?;
    let text = read(context)?.unwrap_or_default();
    let new = without_mute(&text, client).map_err(|error| not_written(context, &error))?;
    let shown = shown_client(client);
    let Some(new) = new else {
        let around = config.alert.mute.iter().find(|net| net.contains(&client));
        let hint = around.map_or_else(
            || "`tcpw mute` lists the clients that are".to_owned(),
            |net| {
                let net = shown_client(*net);
                format!("it is inside {net}, which is: tcpw unmute {net}")
            },
        );
        return Err(Failure::new(format_args!("{shown} is not muted")).hint(hint));
    };
    put(context, &new)?;
    take_effect(&config, context)?;
    context
        .out
        .line(format!("alerts about {shown} are sent again"))?;
    Ok(Exit::Done)
}

fn list(config: &Config, context: &mut Context) -> Result<Exit, Failure> {
    if config.alert.mute.is_empty() {
        context.out.line("no client is muted")?;
    }
    for client in &config.alert.mute {
        context.out.line(shown_client(*client))?;
    }
    Ok(Exit::Done)
}

fn parse(text: &str) -> Result<IpNet, Failure> {
    muted_client(text).map_err(|problem| {
        Failure::new(problem).hint("alerts are muted by address, because a client chooses its name")
    })
}

fn read(context: &Context) -> Result<Option<String>, Failure> {
    // It was checked when it was loaded.
    let read = open_regular(&context.paths.config).and_then(io::read_to_string);
    match read {
        Ok(text) => Ok(Some(text)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cannot(context, "read", &cause)),
    }
}

/// Puts the new text in place of the old one, with its owner and mode, if it is a configuration.
fn put(context: &Context, text: &str) -> Result<(), Failure> {
    let config = &context.paths.config;
    let place = |path: &Path| context.paths.inside(path);
    config::parse(text.as_bytes(), config, &place).map_err(|error| {
        Failure::new(error).hint("nothing was changed; tcpw.toml(5) describes every key")
    })?;
    let write = || -> io::Result<()> {
        // A link stays a link: its target is replaced.
        let target = match fs::canonicalize(config) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => config.clone(),
            found => found?,
        };
        let mut file = NamedTempFile::new_in(target.parent().unwrap_or(Path::new("/")))?;
        file.write_all(text.as_bytes())?;
        if let Ok(old) = fs::metadata(&target) {
            chown(file.path(), Some(old.uid()), Some(old.gid()))?;
            let mode = Permissions::from_mode(old.mode() & 0o7777);
            file.as_file().set_permissions(mode)?;
        }
        file.as_file().sync_all()?;
        file.persist(&target)?;
        Ok(())
    };
    write().map_err(|cause| cannot(context, "write", &cause))
}

/// A deliverer at work has read the old configuration: it makes room for one that reads the new
/// one.
fn take_effect(config: &Config, context: &mut Context) -> Result<(), Failure> {
    let is_busy = || is_deliverer_alive(&config.journal).unwrap_or(false);
    if !is_busy() {
        return Ok(());
    }
    for _ in 0..TRIES {
        // Again each time: one that is just starting takes an earlier request for an old one.
        drop(request_handover(&config.journal));
        sleep(PAUSE);
        if !is_busy() {
            return background::start(&context.paths, None).map_err(|cause| {
                Failure::new(format_args!("cannot start the deliverer: {cause}"))
                    .hint("the configuration is changed; run tcpw deliver")
            });
        }
    }
    context.out.note(
        "a deliverer is busy with a mail server; it uses the old configuration until it is done",
    )
}

fn cannot(context: &Context, verb: &str, cause: &io::Error) -> Failure {
    let path = context.paths.config.display();
    Failure::new(format_args!("cannot {verb} {path}: {cause}"))
        .hint("nothing was changed; run it as the user who owns the configuration, usually root")
}

fn not_written(context: &Context, error: &ReviseError) -> Failure {
    let path = context.paths.config.display();
    Failure::new(format_args!("cannot write {path}: {error}"))
        .hint("nothing was changed; write alert.mute there by hand, see tcpw.toml(5)")
}
