//! `tcpw allow --follow`: lets in whoever has the addresses of a name, wherever it moves.

use super::answer::{How, answer};
use super::refusal::wrong_word;
use crate::cli::base::{Context, Exit, Failure};
use crate::cli::machine::follow_lookup::{NameFound, look_up_all};
use crate::cli::machine::follow_state::FollowState;
use crate::cli::machine::schedule_state::ScheduleState;
use crate::cli::machine::settings;
use crate::editor::{
    Asked, Asks, Client, Daemon, Intent, Label, Recourse, Scope, Wish, follow_new, verify_list,
};
use crate::escape::visible;
use crate::system::{Clock as _, SystemClock};

/// Resolves the name and writes the rule for these daemons, below this label.
pub(super) fn run(
    name: &str,
    (label, daemons): (Option<Label>, Vec<Daemon>),
    how: How,
    context: &mut Context,
) -> Result<Exit, Failure> {
    let settings = settings::load(&context.paths)?.follow;
    let found = look_up_all(&[name.to_owned()], &settings, &context.paths);
    let cannot = |why: &str| {
        Failure::new(format_args!("{name} cannot be followed: {why}"))
            .hint("give a name that has addresses of the internet; nothing was written")
    };
    let Some(found) = found.into_iter().next().flatten() else {
        return Err(cannot("no DNS server answers in time"));
    };
    let trouble = found.trouble.as_deref();
    if found.good.is_empty() {
        return Err(cannot(trouble.unwrap_or("it has no address")));
    }
    if let Some(trouble) = trouble {
        context.out.note(&format!("{name}: {trouble}"))?;
    }
    let clients = found.good.iter().copied().map(Client::host).collect();
    let asked = Asked::new(Wish::Grant, clients, daemons).with_label(label);
    let exit = answer(
        context,
        how,
        &Intent::new(
            &|ground| follow_new(ground, name, &asked),
            &|before, after, change| verify_list(before, after, &asked, change),
            Scope::Only(Asks::Clients(&asked), Recourse::ByHand),
        )
        .guarded(false),
    )?;
    let (_, options) = how;
    if !options.dry_run {
        remember(name, &found, context)?;
    }
    Ok(exit)
}

/// The name that is meant, in lower case.
pub(super) fn host_name(word: &str) -> Result<String, Failure> {
    match Client::parse(word).map_err(|error| wrong_word(&error))? {
        Client::Name(name) if name.contains('.') => Ok(name),
        Client::Name(_) | Client::Domain(_) | Client::Net4 { .. } | Client::Net6 { .. } => {
            let shown = visible(word.as_bytes());
            Err(
                Failure::new(format_args!("`{shown}` is not the full name of a host")).hint(
                    "give a name such as home.dyn.example.org, or an address without --follow",
                ),
            )
        }
    }
}

/// Keeps that the name was resolved, and says if nobody will resolve it again.
fn remember(name: &str, found: &NameFound, context: &mut Context) -> Result<(), Failure> {
    let paths = context.paths.clone();
    let now = SystemClock.now().timestamp();
    // What is damaged is written again: no address is lost by it.
    let mut state = FollowState::read(&paths).unwrap_or_default();
    state
        .names
        .entry(name.to_owned())
        .or_default()
        .take(found, &found.good, now);
    if let Err(error) = state.write(&paths) {
        context
            .out
            .note(&format!("cannot keep when {name} was resolved: {error}"))?;
    }
    let is_scheduled = paths.are_of_system() && ScheduleState::look(&paths).by.is_some();
    if !is_scheduled {
        context.out.note(&format!(
            "nothing asks for {name} again: no schedule runs `tcpw expire` for these tables (`tcpw \
             install-alert --systemd` or `--cron` installs one)"
        ))?;
    }
    Ok(())
}
