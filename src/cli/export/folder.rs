//! An export of several files below a folder, and the way back from it.

use super::args::Program;
use super::former::check_dropped;
use super::told::MARK;
use super::way_back::{check_place, gone, script};
use crate::cli::base::{Context, Failure, write_new};
use crate::escape::visible;
use crate::export::{ExportedFile, ServedDaemon, drop_in, is_of_firewalld_export};
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::Path;

/// The name of the script that brings the former files back.
const BACK: &str = "tcpw.rollback";
fn shown(path: &Path) -> String {
    visible(path.as_os_str().as_encoded_bytes())
}

fn failed(does: &str, path: &Path, error: &dyn Display) -> Failure {
    Failure::new(format_args!("cannot {does} {}: {error}", shown(path)))
        .hint("name the folder that the program reads, or one like it")
}

/// Writes the files in the place of those of a former export, which are removed if they are not
/// among them, and a script with the way back. `keeps` are the daemons that it is for, and whether others
/// are given up.
///
/// # Errors
/// If something is there that no export has written, or daemons are given up unasked: nothing is written
/// then. If a file cannot be written: it is said which ones are.
pub(super) fn write(
    program: Program,
    files: &[ExportedFile],
    folder: &Path,
    keeps: (&[ServedDaemon], bool),
    context: &mut Context,
) -> Result<(), Failure> {
    let former = if folder.exists() {
        read(program, folder)?
    } else {
        Vec::new()
    };
    if let Some(file) = former.iter().find(|file| !is_ours(program, &file.text)) {
        let path = shown(&folder.join(&file.path));
        let what = format!("{path} is there, and tcpw export has not written it");
        return Err(
            Failure::new(what).hint("name another folder, or move it away; nothing was written")
        );
    }
    let back = folder.join(BACK);
    check_place(&back, MARK)?;
    files
        .iter()
        .try_for_each(|file| check_file(&folder.join(&file.path)))?;
    check_dropped(program, &former, keeps, context)?;
    fs::create_dir_all(folder).map_err(|error| failed("make", folder, &error))?;
    if let Some(script) = script(&former, files) {
        write_new(&back, script.as_bytes())?;
        let line = format!("the way back: sh {}", shown(&back));
        context.out.note(&line)?;
    }
    let mut done = Vec::new();
    replace(&former, files, folder, &mut done).map_err(|failure| {
        let what = if done.is_empty() {
            "nothing but the way back was written".to_owned()
        } else {
            format!(
                "written before that: {}; the way back: sh {}",
                done.join(", "),
                shown(&back)
            )
        };
        failure.hint(what)
    })?;
    for path in gone(&former, files) {
        let line = format!("removed: {}", shown(&folder.join(path)));
        context.out.note(&line)?;
    }
    Ok(())
}

/// Whether a file can be where this path leads, as far as can be seen.
fn check_file(path: &Path) -> Result<(), Failure> {
    let is_there = |path: &Path| fs::symlink_metadata(path).is_ok();
    let mut folders = path.ancestors().skip(1);
    let nearest = folders.find(|folder| is_there(folder));
    let is_lost = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.is_dir();
    let what = if let Some(folder) = nearest.filter(is_lost) {
        format!("{} is not a folder and leads to none", shown(folder))
    } else if path.is_dir() {
        format!("{} is a folder", shown(path))
    } else {
        return Ok(());
    };
    Err(Failure::new(what).hint("name another folder, or move it away; nothing was written"))
}

/// Writes the files and removes those of the former export that are not among them; `done` are the paths
/// that were written or removed.
fn replace(
    former: &[ExportedFile],
    files: &[ExportedFile],
    folder: &Path,
    done: &mut Vec<String>,
) -> Result<(), Failure> {
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed("make", parent, &error))?;
        }
        write_new(&path, file.text.as_bytes())?;
        done.push(shown(&path));
    }
    for path in gone(former, files) {
        let path = folder.join(path);
        fs::remove_file(&path).map_err(|error| failed("remove", &path, &error))?;
        done.push(shown(&path));
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
