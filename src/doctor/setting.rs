//! What the configuration of a daemon says about libwrap.

use crate::system::read_regular;
use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// No configuration is larger.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Whether a daemon asks, as far as its configuration decides that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It asks.
    On,
    /// It does not.
    Off,
    /// It does not, and no switch changes that.
    Never,
    /// That cannot be told.
    Unknown,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) state: State,
    /// Under which name it asks, if its configuration says so.
    pub(super) name: Option<String>,
    /// What shows it: files with their lines.
    pub(super) evidence: Vec<String>,
    /// What keeps it from the tables.
    pub(super) problems: Vec<String>,
    /// The services that it has, where each is asked about by itself.
    pub(super) services: Vec<Service>,
}

/// A service of a daemon that has several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Service {
    /// The name that it asks with, or would.
    pub(super) name: String,
    pub(super) state: State,
    /// Where that stands.
    pub(super) evidence: String,
    /// The port it has; none if that is not known.
    pub(super) port: Option<u16>,
    /// `tcp` or `udp`, where only the port of that protocol is meant.
    pub(super) protocol: Option<&'static str>,
    /// The program that is started for a client, with its arguments.
    pub(super) starts: Option<(PathBuf, Vec<String>)>,
}

impl Setting {
    pub(super) fn new(state: State, evidence: String) -> Self {
        Self {
            state,
            name: None,
            evidence: vec![evidence],
            problems: Vec::new(),
            services: Vec::new(),
        }
    }

    /// What services say together; `place` is where they would stand.
    pub(super) fn of_services(services: Vec<Service>, place: &str) -> Self {
        if services.is_empty() {
            return Self::new(State::Off, format!("{place} has no service"));
        }
        Self {
            state: State::On,
            name: None,
            evidence: Vec::new(),
            problems: Vec::new(),
            services,
        }
    }
}

/// Where a daemon finds its configuration, and what it was started with.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    /// The directory that all files are below.
    pub(super) root: &'a Path,
    /// The current directory of its process.
    pub(super) folder: Option<&'a Path>,
    /// Its arguments, the name it was started with first.
    pub(super) words: &'a [String],
    /// Where its process waits: numbers, and `tcp` or `udp`; nothing if it does not run.
    pub(super) waits: Vec<(u16, &'static str)>,
    /// The names of the files that its process has loaded; nothing if that is not seen.
    pub(super) loaded: Option<Vec<String>>,
    /// The files that were read.
    read: RefCell<Vec<PathBuf>>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(root: &'a Path, folder: Option<&'a Path>, words: &'a [String]) -> Self {
        Self {
            root,
            folder,
            words,
            waits: Vec::new(),
            loaded: None,
            read: RefCell::default(),
        }
    }

    /// The file that `path` is for the daemon.
    pub(super) fn file(&self, path: &str) -> PathBuf {
        match (path.strip_prefix('/'), self.folder) {
            (Some(inside), _) => self.root.join(inside),
            (None, Some(folder)) if self.root == Path::new("/") => folder.join(path),
            (None, _) => self.root.join(path),
        }
    }

    /// A file as an administrator calls it.
    pub(super) fn shown(&self, path: &Path) -> String {
        shown(self.root, path)
    }

    /// Arguments without a dash in front.
    pub(super) fn plain(&self) -> impl Iterator<Item = &'a String> {
        let rest = self.words.iter().skip(1);
        rest.filter(|word| !word.starts_with('-'))
    }

    /// The word after one of these flags, or after its `=`; of a flag of one letter also what follows
    /// it at once.
    pub(super) fn value_of(&self, flags: &[&str]) -> Option<&'a str> {
        self.words
            .iter()
            .enumerate()
            .skip(1)
            .find_map(|(at, word)| {
                let next = || self.words.get(at + 1).map(String::as_str);
                flags.iter().find_map(|flag| {
                    let rest = word.strip_prefix(flag)?;
                    match rest.strip_prefix('=') {
                        Some(value) => Some(value),
                        None if rest.is_empty() => next(),
                        None => (flag.len() == 2).then_some(rest),
                    }
                })
            })
    }

    /// The first of `files` that is there.
    pub(super) fn first(&self, files: &[PathBuf]) -> Config {
        for path in files {
            match text(path) {
                Ok(Some(text)) => {
                    self.read.borrow_mut().push(path.clone());
                    return Config::Found(path.clone(), text);
                }
                Ok(None) => {}
                Err(cause) => {
                    let evidence = format!("{} cannot be read: {cause}", self.shown(path));
                    return Config::Closed(Setting::new(State::Unknown, evidence));
                }
            }
        }
        Config::Absent
    }

    /// The files of a folder whose names are `wanted`, in order; none if there is no folder.
    ///
    /// # Errors
    /// When it is there and cannot be listed: why that leaves the question open.
    pub(super) fn folder(
        &self,
        folder: &Path,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<PathBuf>, Setting> {
        let list = || -> io::Result<Vec<PathBuf>> {
            let mut found = Vec::new();
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                if wanted(&entry.file_name().to_string_lossy()) {
                    found.push(entry.path());
                }
            }
            found.sort();
            Ok(found)
        };
        match list() {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed.map_err(|cause| {
                let evidence = format!("{} cannot be listed: {cause}", self.shown(folder));
                Setting::new(State::Unknown, evidence)
            }),
        }
    }

    /// The files that were read.
    pub(super) fn files_read(self) -> Vec<PathBuf> {
        self.read.into_inner()
    }
}

/// The file of a system below a root, as an administrator calls it.
pub(super) fn shown(root: &Path, path: &Path) -> String {
    match path.strip_prefix(root) {
        Ok(inside) => format!("/{}", inside.display()),
        Err(_) => path.display().to_string(),
    }
}

/// The text of a configuration; nothing if there is none.
///
/// # Errors
/// When it is there and cannot be read.
pub(super) fn text(path: &Path) -> io::Result<Option<String>> {
    match read_regular(path, LARGEST) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// A configuration that was looked for.
pub(super) enum Config {
    /// Its file and what is in it.
    Found(PathBuf, String),
    /// There is none.
    Absent,
    /// It is there, and cannot be read: why that leaves the question open.
    Closed(Setting),
}

/// The number of a port, which may be given as a name of services(5).
pub(super) fn port_number(root: &Path, word: &str) -> Option<u16> {
    if let Ok(number) = word.parse() {
        return Some(number);
    }
    let services = text(&root.join("etc/services")).ok().flatten()?;
    services.lines().find_map(|line| {
        let line = line.split('#').next()?;
        let mut words = line.split_whitespace();
        let (name, port) = (words.next()?, words.next()?);
        let is_it = name == word || words.any(|alias| alias == word);
        is_it.then(|| port.split('/').next()?.parse().ok())?
    })
}

/// The port at the end of `HOST:PORT` or of `PORT` alone.
pub(super) fn port_of_address(root: &Path, address: &str) -> Option<u16> {
    port_number(root, address.trim().rsplit(':').next()?)
}

/// Whether a word means yes, or no, to the daemons that read such words.
pub(super) fn yes_or_no(word: &str) -> Option<bool> {
    let word = word.trim().trim_matches('"').to_ascii_lowercase();
    match word.as_str() {
        "yes" | "true" | "1" | "on" => Some(true),
        "no" | "false" | "0" | "off" => Some(false),
        _ => None,
    }
}

/// The last line `KEY SEPARATOR VALUE`, in which `#` begins a comment at the start of a line: the
/// number of the line, counted from 1, and the value. Where the separator is a space, any blanks are.
pub(super) fn last_value<'t>(
    text: &'t str,
    key: &str,
    separator: char,
) -> Option<(usize, &'t str)> {
    let lines = text.lines().enumerate().filter_map(|(number, line)| {
        let line = line.trim();
        let (found, value) = if separator == ' ' {
            line.split_once(char::is_whitespace)?
        } else {
            line.split_once(separator)?
        };
        let is_key = found.trim().eq_ignore_ascii_case(key) && !line.starts_with('#');
        is_key.then(|| (number + 1, value.trim()))
    });
    lines.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_arguments_are_found_in_each_form() {
        let words: Vec<String> = ["d", "-c", "/etc/a", "-F/etc/b", "--config=/etc/c", "x"]
            .map(str::to_owned)
            .to_vec();
        let scene = Scene::new(Path::new("/"), Some(Path::new("/srv")), &words);
        assert_eq!(scene.value_of(&["-c"]), Some("/etc/a"));
        assert_eq!(scene.value_of(&["-F"]), Some("/etc/b"));
        assert_eq!(scene.value_of(&["--config"]), Some("/etc/c"));
        assert_eq!(scene.value_of(&["-z"]), None);
        assert_eq!(scene.file("x.conf"), Path::new("/srv/x.conf"));
        assert_eq!(scene.file("/etc/x"), Path::new("/etc/x"));
    }

    #[test]
    fn ports_have_numbers_and_names() {
        let stage = tempfile::tempdir().unwrap();
        fs::create_dir(stage.path().join("etc")).unwrap();
        let services = "# no 1/tcp\nftp 21/tcp # x\nimaps 993/tcp imap-ssl\n";
        fs::write(stage.path().join("etc/services"), services).unwrap();
        for (word, number) in [
            ("22", Some(22)),
            ("ftp", Some(21)),
            ("imap-ssl", Some(993)),
            ("no", None),
            ("70000", None),
        ] {
            assert_eq!(port_number(stage.path(), word), number, "{word}");
        }
        assert_eq!(port_of_address(stage.path(), "127.0.0.1:ftp"), Some(21));
    }
}
