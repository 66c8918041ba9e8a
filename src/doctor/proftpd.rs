//! proftpd: whether `mod_wrap` is loaded and has tables to ask, and under which name it does.

use crate::doctor::setting::{Config, Scene, Setting, State};
use std::path::{Path, PathBuf};

/// The tables that every other daemon reads.
const ALLOW_TABLE: &str = "/etc/hosts.allow";
const DENY_TABLE: &str = "/etc/hosts.deny";
/// Includes of includes are followed so far.
const DEEPEST: usize = 4;

/// What the files say.
#[derive(Debug, Default)]
struct Found {
    loaded: Option<String>,
    name: Option<String>,
    /// Where tables are named, and whether they are those of everybody.
    tables: Option<(String, bool)>,
    closed: Option<Setting>,
}

/// `LoadModule mod_wrap.c` and `TCPAccessFiles`, without which the module asks nobody; the name is
/// that of `TCPServiceName`.
pub(super) fn proftpd(scene: &Scene<'_>) -> Setting {
    let main = match scene.value_of(&["-c", "--config"]) {
        Some(path) => scene.file(path),
        None => scene.root.join("etc/proftpd/proftpd.conf"),
    };
    let mut found = Found::default();
    read(scene, &main, 0, &mut found);
    if let Some(closed) = found.closed {
        return closed;
    }
    let place = scene.shown(&main);
    let Some(loaded) = found.loaded else {
        let evidence = format!("{place} has no LoadModule mod_wrap.c");
        return Setting::new(State::Off, evidence);
    };
    let Some((tables, are_usual)) = found.tables else {
        let evidence = format!("{place} has no TCPAccessFiles, without which mod_wrap asks nobody");
        return Setting::new(State::Off, evidence);
    };
    let mut setting = Setting::new(State::On, loaded);
    setting.evidence.push(tables.clone());
    setting.name = Some(found.name.unwrap_or_else(|| "proftpd".to_owned()));
    if !are_usual {
        setting
            .problems
            .push(format!("it reads other tables: {tables}"));
    }
    setting
}

fn read(scene: &Scene<'_>, path: &Path, depth: usize, found: &mut Found) {
    let text = match scene.first(&[path.to_owned()]) {
        Config::Found(_, text) => text,
        Config::Absent => return,
        Config::Closed(setting) => {
            found.closed.get_or_insert(setting);
            return;
        }
    };
    for (number, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = || format!("{}:{}: {}", scene.shown(path), number + 1, line.trim());
        let Some((directive, rest)) = words.split_first() else {
            continue;
        };
        match (directive.to_ascii_lowercase().as_str(), rest) {
            ("loadmodule", ["mod_wrap.c", ..]) => found.loaded = Some(at()),
            ("tcpservicename", [word, ..]) => {
                found.name = Some(word.trim_matches('"').to_owned());
            }
            ("tcpaccessfiles", [allow, deny, ..]) => {
                let are_usual = [*allow, *deny] == [ALLOW_TABLE, DENY_TABLE];
                found.tables = Some((at(), are_usual));
            }
            ("include", [pattern, ..]) if depth < DEEPEST => match included(scene, pattern) {
                Ok(files) => files
                    .iter()
                    .for_each(|file| read(scene, file, depth + 1, found)),
                Err(setting) => {
                    found.closed.get_or_insert(setting);
                }
            },
            _ => {}
        }
    }
}

/// The files of an include: a file, a folder, or a path whose last part has one `*`.
fn included(scene: &Scene<'_>, pattern: &str) -> Result<Vec<PathBuf>, Setting> {
    let path = scene.file(pattern.trim_matches('"'));
    let name = path.file_name().and_then(|name| name.to_str());
    let (folder, start, end) = match name.and_then(|name| name.split_once('*')) {
        Some((start, end)) => (path.parent().unwrap_or(Path::new("/")), start, end),
        None if path.is_dir() => (path.as_path(), "", ""),
        None => return Ok(vec![path]),
    };
    scene.folder(folder, &|name| {
        name.starts_with(start) && name.ends_with(end)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_included_folder_that_cannot_be_listed_leaves_it_open() {
        let stage = tempfile::tempdir().unwrap();
        fs::create_dir_all(stage.path().join("etc/proftpd")).unwrap();
        fs::write(stage.path().join("etc/proftpd/conf.d"), "").unwrap();
        let main = stage.path().join("etc/proftpd/proftpd.conf");
        fs::write(main, "Include /etc/proftpd/conf.d/*.conf\n").unwrap();
        let words = ["proftpd".to_owned()];
        let found = proftpd(&Scene::new(stage.path(), None, &words));
        assert_eq!(found.state, State::Unknown, "{found:?}");
    }

    #[test]
    fn the_module_asks_only_with_tables() {
        let stage = tempfile::tempdir().unwrap();
        let folder = stage.path().join("etc/proftpd/conf.d");
        fs::create_dir_all(&folder).unwrap();
        let main = stage.path().join("etc/proftpd/proftpd.conf");
        let words = ["proftpd".to_owned()];
        let load = "Include /etc/proftpd/conf.d/*.conf\n";
        let tables = "TCPAccessFiles /etc/hosts.allow /etc/hosts.deny\n";
        fs::write(folder.join("modules.conf"), "LoadModule mod_wrap.c\n").unwrap();
        for (text, state, name, problems) in [
            (String::new(), State::Off, None, 0),
            (load.to_owned(), State::Off, None, 0),
            (format!("{load}{tables}"), State::On, Some("proftpd"), 0),
            (
                format!("{load}<VirtualHost x>\n  tcpservicename ftp\n{tables}"),
                State::On,
                Some("ftp"),
                0,
            ),
            (
                format!("{load}TCPAccessFiles /etc/ftp.allow /etc/ftp.deny\n"),
                State::On,
                Some("proftpd"),
                1,
            ),
            (tables.to_owned(), State::Off, None, 0),
        ] {
            fs::write(&main, &text).unwrap();
            let found = proftpd(&Scene::new(stage.path(), None, &words));
            assert_eq!(
                (found.state, found.name.as_deref(), found.problems.len()),
                (state, name, problems),
                "{text}"
            );
        }
    }
}
