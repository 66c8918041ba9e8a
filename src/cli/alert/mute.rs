//! `tcpw mute` and `tcpw unmute`: clients about which nobody is alerted, in the configuration.

use super::revised_file::RevisedFile;
use crate::alert::{is_deliverer_alive, request_handover};
use crate::cli::base::{Context, Exit, Failure, background};
use crate::cli::machine::settings;
use crate::config::{
    self, Config, ReviseError, muted_client, shown_client, with_mute, without_mute,
};
use clap::Args;
use ipnet::IpNet;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

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
    let file = open(context)?;
    let new = with_mute(file.text(), client).map_err(|error| not_written(context, &error))?;
    let shown = shown_client(client);
    let Some(new) = new else {
        context.out.line(format!("{shown} is already muted"))?;
        return Ok(Exit::Done);
    };
    put(context, file, &new)?;
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
    let file = open(context)?;
    let text = file.text().unwrap_or_default();
    let new = without_mute(text, client).map_err(|error| not_written(context, &error))?;
    let shown = shown_client(client);
    let Some(new) = new else {
        let hint = around(&config, client).map_or_else(
            || "`tcpw mute` lists the clients that are".to_owned(),
            |net| {
                let net = shown_client(net);
                format!("it is inside {net}, which is: tcpw unmute {net}")
            },
        );
        return Err(Failure::new(format_args!("{shown} is not muted")).hint(hint));
    };
    let config = put(context, file, &new)?;
    take_effect(&config, context)?;
    if let Some(net) = around(&config, client) {
        let net = shown_client(net);
        context.out.line(format!(
            "{shown} is off the list, but inside {net}, which is muted: there are still no alerts about \
             it. `tcpw unmute {net}` changes that"
        ))?;
        return Ok(Exit::Done);
    }
    context
        .out
        .line(format!("alerts about {shown} are sent again"))?;
    Ok(Exit::Done)
}

/// A muted network that `client` is inside of.
fn around(config: &Config, client: IpNet) -> Option<IpNet> {
    let mut muted = config.alert.mute.iter();
    muted.find(|net| net.contains(&client)).copied()
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

fn open(context: &Context) -> Result<RevisedFile, Failure> {
    // It was checked when it was loaded.
    RevisedFile::open(&context.paths.config).map_err(|cause| cannot(context, "change", &cause))
}

/// Puts the new text in place of the old one, with its owner and mode, if it is a configuration; gives
/// what it says.
fn put(context: &Context, file: RevisedFile, text: &str) -> Result<Config, Failure> {
    let path = &context.paths.config;
    let place = |path: &Path| context.paths.inside(path);
    let config = config::parse(text.as_bytes(), path, &place).map_err(|error| {
        Failure::new(error).hint("nothing was changed; tcpw.toml(5) describes every key")
    })?;
    file.put(text)
        .map_err(|cause| cannot(context, "write", &cause))?;
    Ok(config)
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
