//! The services of stunnel, from its configuration: each is asked about under its own name.

use crate::doctor::setting::{Config, Scene, Service, Setting, State, port_of_address, yes_or_no};
use std::path::{Path, PathBuf};

/// The folder whose files are read where no argument names one.
const FOLDER: &str = "etc/stunnel";
/// The name of the service of a configuration without sections.
const ALONE: &str = "stunnel";

/// `libwrap = yes` in sections, of the files in the arguments, else of those in /etc/stunnel. What
/// stands before the first section counts for all.
pub(super) fn stunnel(scene: &Scene<'_>) -> Setting {
    let mut files: Vec<PathBuf> = scene.plain().map(|path| scene.file(path)).collect();
    if files.is_empty() {
        let folder = scene.root.join(FOLDER);
        files = match scene.folder(&folder, &|name| {
            Path::new(name).extension().is_some_and(|end| end == "conf")
        }) {
            Ok(files) => files,
            Err(setting) => return setting,
        };
    }
    let mut services = Vec::new();
    let mut jail = None;
    for file in files {
        match scene.first(std::slice::from_ref(&file)) {
            Config::Found(path, text) => {
                let place = scene.shown(&path);
                read(scene, &place, &text, &mut services, &mut jail);
            }
            Config::Absent => {}
            Config::Closed(setting) => return setting,
        }
    }
    let mut found = Setting::of_services(services, "/etc/stunnel");
    if let Some(jail) = jail {
        found.problems.push(format!(
            "it shuts itself in and reads the tables below {jail}: copy /etc/hosts.allow and \
             /etc/hosts.deny there"
        ));
    }
    found
}

/// Reads a file: its services, and the jail that it shuts itself in.
fn read(
    scene: &Scene<'_>,
    place: &str,
    text: &str,
    services: &mut Vec<Service>,
    jail: &mut Option<String>,
) {
    // What stands before the first section; alone it is a service itself.
    let mut whole = Service {
        name: ALONE.to_owned(),
        state: State::Off,
        evidence: format!("{place} has no libwrap = yes"),
        port: None,
        protocol: None,
        starts: None,
    };
    let mut own: Vec<Service> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let at = format!("{place}:{}", number + 1);
        let section = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'));
        if let Some(name) = section {
            let mut service = whole.clone();
            name.trim().clone_into(&mut service.name);
            if service.state == State::Off {
                service.evidence = format!("{at}: [{name}] has no libwrap = yes");
            }
            own.push(service);
        } else if let Some((key, value)) = line.split_once('=') {
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "chroot" {
                *jail = Some(value.to_owned());
            }
            set(
                scene,
                own.last_mut().unwrap_or(&mut whole),
                &key,
                value,
                &at,
            );
        }
    }
    if own.is_empty() {
        own.push(whole);
    }
    services.append(&mut own);
}

fn set(scene: &Scene<'_>, service: &mut Service, key: &str, value: &str, at: &str) {
    match key {
        "libwrap" => {
            service.state = match yes_or_no(value) {
                Some(true) => State::On,
                Some(false) => State::Off,
                None => State::Unknown,
            };
            service.evidence = format!("{at}: libwrap = {value}");
        }
        "accept" => service.port = port_of_address(scene.root, value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_folder_that_cannot_be_listed_leaves_it_open() {
        let stage = tempfile::tempdir().unwrap();
        fs::create_dir(stage.path().join("etc")).unwrap();
        fs::write(stage.path().join("etc/stunnel"), "").unwrap();
        let words = ["stunnel4".to_owned()];
        let found = stunnel(&Scene::new(stage.path(), None, &words));
        assert_eq!(found.state, State::Unknown, "{found:?}");
    }

    #[test]
    fn each_service_has_its_own_switch() {
        let stage = tempfile::tempdir().unwrap();
        let conf = "; libwrap = no\nlibwrap = yes\n[imaps]\naccept = 127.0.0.1:993\n[pop3s]\n\
                    accept = 995\nLibWrap = no\n#libwrap = yes\n[odd]\nlibwrap = perhaps\n";
        fs::write(stage.path().join("a.conf"), conf).unwrap();
        let words = ["stunnel4".to_owned(), "/a.conf".to_owned()];
        let scene = Scene::new(stage.path(), None, &words);
        let found = stunnel(&scene);
        let services: Vec<_> = found
            .services
            .iter()
            .map(|service| (service.name.as_str(), service.state, service.port))
            .collect();
        assert_eq!(
            services,
            [
                ("imaps", State::On, Some(993)),
                ("pop3s", State::Off, Some(995)),
                ("odd", State::Unknown, None)
            ]
        );
        assert_eq!(found.problems, Vec::<String>::new());
    }

    #[test]
    fn without_sections_there_is_one_service_and_a_jail_has_tables_of_its_own() {
        let stage = tempfile::tempdir().unwrap();
        let folder = stage.path().join(FOLDER);
        fs::create_dir_all(&folder).unwrap();
        fs::write(
            folder.join("a.conf"),
            "chroot = /srv/jail\nlibwrap=yes\naccept = 993\n",
        )
        .unwrap();
        let words = ["stunnel4".to_owned()];
        let found = stunnel(&Scene::new(stage.path(), None, &words));
        assert_eq!(found.services.len(), 1);
        assert_eq!(found.services[0].state, State::On);
        assert!(
            found.problems[0].contains("/srv/jail"),
            "{:?}",
            found.problems
        );
        let absent = stunnel(&Scene::new(Path::new("/nonexistent"), None, &words));
        assert_eq!(absent.state, State::Off);
    }
}
