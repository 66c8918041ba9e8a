//! Programs that systemd starts when a client comes: its socket units, from systemd.socket(5).

use crate::doctor::setting::yes_or_no;
use crate::doctor::unread::Unread;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where units are, the one that counts first (systemd.unit(5)).
const FOLDERS: [&str; 6] = [
    "etc/systemd/system",
    "run/systemd/system",
    "run/systemd/generator",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];

/// A socket unit that is enabled, and the program behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SocketUnit {
    /// The unit's name.
    pub(super) name: String,
    /// The ports it listens at.
    pub(super) ports: BTreeSet<u16>,
    /// The program and its arguments.
    pub(super) words: Vec<String>,
    /// Why the program cannot be told, if it cannot.
    pub(super) why_open: Option<String>,
}

/// The enabled socket units of the system below `root` that listen at a port. What cannot be
/// read of them is added to `unread`.
pub(super) fn socket_units(root: &Path, unread: &mut Unread) -> Vec<SocketUnit> {
    let names = enabled(root, unread);
    names
        .into_iter()
        .filter_map(|name| unit(root, name, unread))
        .collect()
}

/// The names of the socket units that some target or unit wants.
fn enabled(root: &Path, unread: &mut Unread) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in FOLDERS.map(|folder| root.join(folder)) {
        for path in unread.entries(&folder) {
            let wants = path
                .extension()
                .is_some_and(|end| end == "wants" || end == "requires");
            if !wants {
                continue;
            }
            let links = unread.entries(&path);
            found.extend(links.iter().filter_map(|link| {
                let name = link.file_name()?.to_str()?;
                name.ends_with(".socket").then(|| name.to_owned())
            }));
        }
    }
    found
}

fn unit(root: &Path, name: String, unread: &mut Unread) -> Option<SocketUnit> {
    let socket = read(root, &name, unread)?;
    let ports = values(&socket, "ListenStream")
        .chain(values(&socket, "ListenDatagram"))
        .filter_map(|place| place.rsplit(':').next()?.parse().ok())
        .collect::<BTreeSet<u16>>();
    if ports.is_empty() {
        return None;
    }
    let stem = name.strip_suffix(".socket")?;
    let is_accepting = values(&socket, "Accept")
        .last()
        .is_some_and(|value| yes_or_no(&value) == Some(true));
    let service = match values(&socket, "Service").last() {
        Some(service) => service,
        None if is_accepting => format!("{stem}@.service"),
        None => format!("{stem}.service"),
    };
    let started = match read(root, &service, unread) {
        None => Err(format!("its service, {service}, is not there or is masked")),
        Some(text) => match values(&text, "ExecStart").last() {
            None => Err(format!("{service} starts no program")),
            Some(line) => {
                let cannot = || format!("ExecStart of {service} cannot be read: {line}");
                words_of(&line).ok_or_else(cannot)
            }
        },
    };
    let (words, why_open) = match started {
        Ok(words) => (words, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    Some(SocketUnit {
        name,
        ports,
        words,
        why_open,
    })
}

/// The program and its arguments, as systemd splits a command line (systemd.service(5), "Command
/// lines"); nothing if a quote does not end, or no program is named.
fn words_of(line: &str) -> Option<Vec<String>> {
    // Characters before the path say how it is run, not what.
    let mut rest = line
        .trim_start_matches(['-', '@', ':', '+', '!', '|'])
        .chars();
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    while let Some(next) = rest.next() {
        match (quote, next) {
            (Some(end), _) if next == end => quote = None,
            (None, '"' | '\'') => {
                quote = Some(next);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t') => words.extend(word.take()),
            (_, '\\') => {
                let escaped = rest.next()?;
                let meant = match escaped {
                    't' => '\t',
                    's' => ' ',
                    other => other,
                };
                word.get_or_insert_default().push(meant);
            }
            (_, other) => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    let has_program = words.first().is_some_and(|program| !program.is_empty());
    (quote.is_none() && has_program).then_some(words)
}

/// A unit with what is added to it.
fn read(root: &Path, name: &str, unread: &mut Unread) -> Option<String> {
    let find = |name: &str| {
        let mut places = FOLDERS.iter().map(|folder| root.join(folder).join(name));
        // The first one counts, also where it is a link to /dev/null, which masks the unit.
        places.find(|place| place.symlink_metadata().is_ok())
    };
    let first = find(name).or_else(|| find(&template(name)?))?;
    if !first.is_file() {
        return None;
    }
    let mut whole = unread.text(&first)?;
    for folder in FOLDERS.iter().rev() {
        let folder = root.join(folder).join(format!("{name}.d"));
        let parts = unread.entries(&folder);
        let is_part = |path: &&PathBuf| path.extension().is_some_and(|end| end == "conf");
        for part in parts.iter().filter(is_part) {
            whole.push('\n');
            whole.push_str(&unread.text(part).unwrap_or_default());
        }
    }
    Some(whole)
}

/// The template of an instance: `a@.service` of `a@b.service`.
fn template(name: &str) -> Option<String> {
    let (stem, rest) = name.split_once('@')?;
    let (_, kind) = rest.rsplit_once('.')?;
    Some(format!("{stem}@.{kind}"))
}

/// The values of a key, in their order; an empty one forgets those before it.
fn values(unit: &str, key: &str) -> impl DoubleEndedIterator<Item = String> {
    let mut found = Vec::new();
    let unit = unit.replace("\\\n", " ");
    for line in unit.lines() {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        if name.trim() == key {
            if value.trim().is_empty() {
                found.clear();
            } else {
                found.push(value.trim().to_owned());
            }
        }
    }
    found.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_split_as_systemd_splits_it() {
        for (line, words) in [
            ("/usr/sbin/sshd -i", Some(&["/usr/sbin/sshd", "-i"][..])),
            ("\"/usr/sbin/sshd\" -i", Some(&["/usr/sbin/sshd", "-i"])),
            ("-'/opt/my d' 'a b'c", Some(&["/opt/my d", "a bc"])),
            ("/opt/my\\sd", Some(&["/opt/my d"])),
            ("/bin/x \"\"", Some(&["/bin/x", ""])),
            ("\"/usr/sbin/sshd -i", None),
            ("", None),
        ] {
            let found = words_of(line);
            let found: Option<Vec<&str>> = found
                .as_ref()
                .map(|words| words.iter().map(String::as_str).collect());
            assert_eq!(found.as_deref(), words, "{line}");
        }
        assert_eq!(template("a@b.service").as_deref(), Some("a@.service"));
    }
}
