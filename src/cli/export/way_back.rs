//! What brings back the former files: a script for a shell, or for nft.

use crate::cli::base::Failure;
use crate::escape::visible;
use crate::export::{ExportedFile, LaterScript, later, removal, written_at};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// How a script for a shell begins.
const HEAD: &str =
    "#!/bin/sh\n# Written by tcpw export: brings back what stood below this folder before.\n";
/// How a script for nft begins if there was no export before.
const REMOVES: &str = "# Written by tcpw export: removes what it has loaded\n";

/// The name of the file with the way back from another one.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".rollback");
    name.into()
}

/// Refuses a place for a way back where something else stands.
///
/// # Errors
/// If there is a file that no export has written as a way back, or one that cannot be read.
pub(super) fn check_place(path: &Path, mark: &str) -> Result<(), Failure> {
    let shown = visible(path.as_os_str().as_encoded_bytes());
    let hint =
        "the way back would be there: name another place, or move it away; nothing was written";
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Failure::new(format_args!("cannot read {shown}: {error}")).hint(hint)),
        Ok(bytes) => {
            // Earlier versions wrote no head.
            let heads = [HEAD, REMOVES, mark];
            let is_ours = heads.iter().any(|head| bytes.starts_with(head.as_bytes()))
                || bytes == removal().as_bytes();
            if is_ours {
                return Ok(());
            }
            let what = format!("{shown} is there, and tcpw export has not written it");
            Err(Failure::new(what).hint(hint))
        }
    }
}

/// The paths of one list of files that another one has not.
pub(super) fn gone<'f>(of: &'f [ExportedFile], others: &[ExportedFile]) -> Vec<&'f str> {
    let others: BTreeSet<&str> = others.iter().map(|file| file.path.as_str()).collect();
    let paths = of.iter().map(|file| file.path.as_str());
    paths.filter(|path| !others.contains(path)).collect()
}

/// The script for a shell with the way back; nothing if everything is as it was.
pub(super) fn script(former: &[ExportedFile], files: &[ExportedFile]) -> Option<String> {
    let changed: Vec<&ExportedFile> = former.iter().filter(|file| !files.contains(file)).collect();
    let new = gone(files, former);
    if changed.is_empty() && new.is_empty() {
        return None;
    }
    let mut script = format!("{HEAD}set -e\numask 077\ncd -- \"$(dirname -- \"$0\")\"\n");
    for ExportedFile { path, text } in changed {
        let mut end = "END".to_owned();
        while text.lines().any(|line| line == end) {
            end.push('_');
        }
        let line_end = if text.ends_with('\n') { "" } else { "\n" };
        let new = quoted(&format!("./{path}.new"));
        let path = quoted(&format!("./{path}"));
        script.extend([
            format!("cat >{new} <<'{end}'\n{text}{line_end}{end}\n"),
            format!("mv -f -- {new} {path}\n"),
        ]);
    }
    let removals = new.iter().map(|path| quoted(&format!("./{path}")));
    script.extend(removals.map(|path| format!("rm -f -- {path}\n")));
    Some(script)
}

/// A word as a shell takes no byte of it for more than it is.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// The script for nft with the way back from what is written at `path`, and what is to be said of its times.
pub(super) fn of_nft(former: Option<&str>, path: &Path, now: i64) -> (String, Option<String>) {
    let Some(former) = former else {
        return (format!("{REMOVES}{}", removal()), None);
    };
    let LaterScript { text, left, ended } = later(former, written_when(former, path, now), now);
    let mut words = Vec::new();
    if ended > 0 {
        let is = if ended == 1 { "is" } else { "are" };
        words.push(format!(
            "{ended} of its elements ended since, and {is} not in it"
        ));
    }
    if left > 0 {
        words.push(format!(
            "{left} of its elements end by themselves, counted from now: loaded later, they end as much later"
        ));
    }
    (text, (!words.is_empty()).then(|| words.join("; ")))
}

/// When a script was written: as it says itself, or else its file.
fn written_when(script: &str, path: &Path, now: i64) -> i64 {
    written_at(script).or_else(|| modified(path)).unwrap_or(now)
}

/// When a file was last written, in seconds since 1970.
pub(super) fn modified(path: &Path) -> Option<i64> {
    let time = fs::metadata(path).ok()?.modified().ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_brings_back_what_was_changed_and_removes_what_is_new() {
        let file = |path: &str, text: &str| ExportedFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let former = [file("a", "1\nEND\n"), file("b", "2\n"), file("c", "3\n")];
        let files = [file("a", "0\n"), file("b", "2\n"), file("d'", "4\n")];
        let back = script(&former, &files).unwrap();
        assert!(
            back.ends_with(
                "cat >'./a.new' <<'END_'\n1\nEND\nEND_\nmv -f -- './a.new' './a'\n\
                 cat >'./c.new' <<'END'\n3\nEND\nmv -f -- './c.new' './c'\nrm -f -- './d'\\'''\n"
            ),
            "{back}"
        );
        assert_eq!(script(&former, &former), None);
    }
}
