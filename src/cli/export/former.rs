//! The export that stands where a new one is written: whom the new one would give up.

use super::args::Program;
use crate::cli::base::{Context, Failure};
use crate::escape::visible;
use crate::export::{
    ExportedFile, Installed, Misread, ServedDaemon, read_firewalld, read_nftables, read_sshd,
    read_systemd,
};

/// The text of a single file.
pub(super) fn text_of(files: &[ExportedFile]) -> &str {
    files.first().map_or("", |file| &file.text)
}

/// What an export decides, as the reader of its form finds it; what nft printed it printed at `as_of`.
///
/// # Errors
/// If a part of it was not written by an export.
pub(super) fn installed(
    program: Program,
    files: &[ExportedFile],
    as_of: i64,
) -> Result<Installed, Misread> {
    match program {
        Program::Nftables => read_nftables(text_of(files), as_of),
        Program::Firewalld => read_firewalld(files),
        Program::Systemd => read_systemd(files),
        Program::Sshd => read_sshd(text_of(files)),
    }
}

/// What an export calls a daemon; nothing if it is for one daemon only.
fn part(program: Program, daemon: &ServedDaemon) -> Option<String> {
    match program {
        Program::Nftables | Program::Firewalld => daemon
            .port()
            .map(|(protocol, port)| format!("{}{port}", protocol.name())),
        Program::Systemd => daemon.unit().map(str::to_owned),
        Program::Sshd => None,
    }
}

/// Refuses to give up daemons that the former export is for, unless that is wanted.
///
/// # Errors
/// If it is not wanted, and there are some, or it is not known whether there are.
pub(super) fn check_dropped(
    program: Program,
    former: &[ExportedFile],
    (daemons, is_wanted): (&[ServedDaemon], bool),
    context: &mut Context,
) -> Result<(), Failure> {
    if program == Program::Sshd || former.is_empty() {
        return Ok(());
    }
    let installed = match installed(program, former, 0) {
        Err(_) if is_wanted => return Ok(()),
        Err(misread) => {
            let what = format!(
                "the export that is there was changed: {}: whom it protects is not known",
                visible(misread.to_string().trim_start_matches(':').as_bytes())
            );
            return Err(Failure::new(what)
                .hint("look at it, and repeat with --replace; nothing was written"));
        }
        Ok(installed) => installed,
    };
    let kept: Vec<String> = daemons
        .iter()
        .filter_map(|daemon| part(program, daemon))
        .collect();
    let dropped: Vec<&str> = installed
        .parts()
        .filter(|part| !kept.iter().any(|kept| kept == part))
        .collect();
    if dropped.is_empty() {
        return Ok(());
    }
    let dropped = dropped.join(", ");
    if is_wanted {
        return context.out.note(&format!(
            "given up: {dropped}, which the former export was for: it is not restricted there"
        ));
    }
    let what = format!("the export that is there is for {dropped}, too, and this one is not");
    Err(Failure::new(what).hint(
        "give all daemons with --daemon, name another place, or give it up with --replace; nothing was written",
    ))
}
