//! An export of several files below a folder, and the way back from it.

use super::args::Program;
use super::told::MARK;
use crate::cli::base::{Context, Failure, write_new};
use crate::escape::visible;
use crate::export::{ExportedFile, drop_in, is_of_firewalld_export};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::Path;

/// The name of the script that brings the former files back.
const BACK: &str = "tcpw.rollback";
/// How that script begins.
const HEAD: &str =
    "#!/bin/sh\n# Written by tcpw export: brings back what stood below this folder before.\n";

fn shown(path: &Path) -> String {
    visible(path.as_os_str().as_encoded_bytes())
}

fn failed(does: &str, path: &Path, error: &dyn Display) -> Failure {
    Failure::new(format_args!("cannot {does} {}: {error}", shown(path)))
        .hint("name the folder that the program reads, or one like it")
}

/// Writes the files in the place of those of a former export, which are removed if they are not
/// among them, and a script with the way back.
///
/// # Errors
/// If a file cannot be written, or is there and was not written by an export: nothing is changed then.
pub(super) fn write(
    program: Program,
    files: &[ExportedFile],
    folder: &Path,
    context: &mut Context,
) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| failed("make", folder, &error))?;
    let former = read(program, folder)?;
    let foreign = former.iter().find(|file| !is_ours(program, &file.text));
    let foreign = foreign.map(|file| folder.join(&file.path));
    let back = folder.join(BACK);
    let foreign = foreign.or_else(|| {
        let text = fs::read_to_string(&back);
        let is_other = text.is_ok_and(|text| !text.starts_with(HEAD));
        is_other.then(|| back.clone())
    });
    if let Some(path) = foreign {
        let what = format!(
            "{} is there, and tcpw export has not written it",
            shown(&path)
        );
        return Err(
            Failure::new(what).hint("name another folder, or move it away; nothing was written")
        );
    }
    let script = way_back(&former, files);
    if let Some(script) = &script {
        write_new(&back, script.as_bytes())?;
        context
            .out
            .note(&format!("the way back: sh {}", shown(&back)))?;
    }
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed("make", parent, &error))?;
        }
        write_new(&path, file.text.as_bytes())?;
    }
    for path in gone(&former, files) {
        let path = folder.join(path);
        fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?;
    }
    Ok(())
}

fn is_ours(program: Program, text: &str) -> bool {
    if program == Program::Firewalld {
        is_of_firewalld_export(text)
    } else {
        text.starts_with(MARK)
    }
}

/// The paths of one list of files that another one has not.
fn gone<'f>(of: &'f [ExportedFile], others: &[ExportedFile]) -> Vec<&'f str> {
    let others: BTreeSet<&str> = others.iter().map(|file| file.path.as_str()).collect();
    let paths = of.iter().map(|file| file.path.as_str());
    paths.filter(|path| !others.contains(path)).collect()
}

/// The script with the way back; nothing if everything is as it was. Paths are those of [`read`]: a shell
/// takes no byte of them for more than it is.
fn way_back(former: &[ExportedFile], files: &[ExportedFile]) -> Option<String> {
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
        script.extend([
            format!("cat >'{path}.new' <<'{end}'\n{text}{line_end}{end}\n"),
            format!("mv -f -- '{path}.new' '{path}'\n"),
        ]);
    }
    script.extend(new.iter().map(|path| format!("rm -f -- '{path}'\n")));
    Some(script)
}

/// The files of an export below a folder, in the order of their names.
///
/// # Errors
/// If the folder or one of them cannot be read.
pub(super) fn read(program: Program, folder: &Path) -> Result<Vec<ExportedFile>, Failure> {
    let mut paths: Vec<String> = if program == Program::Firewalld {
        names(folder, false)?;
        let sets = names(&folder.join("ipsets"), true)?.into_iter();
        let sets = sets.filter_map(|name| {
            let set = name.strip_suffix(".xml")?;
            set.starts_with("tcpw-").then(|| format!("ipsets/{name}"))
        });
        sets.chain(["policies/tcpw.xml".to_owned()]).collect()
    } else {
        let units = names(folder, false)?.into_iter();
        let units = units.filter_map(|name| Some(drop_in(name.strip_suffix(".d")?)));
        units.collect()
    };
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let place = folder.join(&path);
        match fs::read_to_string(&place) {
            Ok(text) => files.push(ExportedFile { path, text }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed("read", &place, &error)),
        }
    }
    Ok(files)
}

/// Whether an export could have given this name to a file or a folder. Anybody may have made others.
fn is_plain(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
    !name.starts_with('-') && name.chars().all(is_plain)
}

/// The names in a folder that an export could have given; those of an optional one that is not there are
/// none.
fn names(folder: &Path, is_optional: bool) -> Result<Vec<String>, Failure> {
    let entries = match fs::read_dir(folder) {
        Err(error) if is_optional && error.kind() == io::ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(|error| failed("read", folder, &error))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed("read", folder, &error))?;
        let name = entry.file_name().into_string();
        found.extend(name.ok().filter(|name| is_plain(name)));
    }
    Ok(found)
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
        let files = [file("a", "0\n"), file("b", "2\n"), file("d", "4\n")];
        let script = way_back(&former, &files).unwrap();
        assert!(
            script.ends_with(
                "cat >'a.new' <<'END_'\n1\nEND\nEND_\nmv -f -- 'a.new' 'a'\n\
                 cat >'c.new' <<'END'\n3\nEND\nmv -f -- 'c.new' 'c'\nrm -f -- 'd'\n"
            ),
            "{script}"
        );
        assert_eq!(way_back(&former, &former), None);
    }

    /// The script is for root, and anybody may have made files where an export is tried.
    #[test]
    fn a_name_that_a_shell_would_run_is_not_in_the_way_back() {
        let folder = tempfile::tempdir().unwrap();
        for unit in [
            "ssh.service",
            "a\\x2db@.socket",
            "x'; reboot;'.service",
            "-x.service",
            "a b.service",
        ] {
            let path = folder.path().join(drop_in(unit));
            fs::create_dir(path.parent().unwrap()).unwrap();
            fs::write(path, format!("{MARK}\n")).unwrap();
        }
        let former = read(Program::Systemd, folder.path()).unwrap();
        let paths: Vec<&str> = former.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, [drop_in("a\\x2db@.socket"), drop_in("ssh.service")]);
    }
}
