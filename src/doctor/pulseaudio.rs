//! pulseaudio: each of its modules for TCP asks under a name of its own.

use crate::doctor::setting::{Scene, Service, Setting, State};

/// The modules, the names that they ask with, and the ports that they have by default.
const MODULES: [(&str, &str, u16); 4] = [
    ("module-simple-protocol-tcp.so", "pulseaudio-simple", 4711),
    ("module-cli-protocol-tcp.so", "pulseaudio-cli", 4712),
    ("module-native-protocol-tcp.so", "pulseaudio-native", 4713),
    ("module-http-protocol-tcp.so", "pulseaudio-http", 4714),
];
/// How the modules for TCP end, also those of which no name is known.
const END: &str = "-protocol-tcp.so";

/// The modules that its process has loaded: its configuration is each user's own, and changes while it
/// runs.
pub(super) fn pulseaudio(scene: &Scene<'_>) -> Setting {
    let unknown = |why: &str| Setting::new(State::Unknown, why.to_owned());
    let Some(loaded) = &scene.loaded else {
        return unknown("the modules that it loads decide, which only a process of it shows");
    };
    let all = loaded.iter().filter(|name| name.ends_with(END)).count();
    let known = MODULES
        .iter()
        .filter(|(module, ..)| loaded.iter().any(|name| name == module));
    let known: Vec<_> = known.collect();
    if known.len() < all {
        return unknown("it has loaded a module for TCP of which it is not known how it asks");
    }
    let mut ports: Vec<u16> = scene
        .waits
        .iter()
        .filter(|(_, protocol)| *protocol == "tcp")
        .map(|(number, _)| *number)
        .collect();
    ports.dedup();
    match known.as_slice() {
        [] => Setting::new(State::Off, "it has loaded no module for TCP".to_owned()),
        [(module, name, _)] => {
            let mut setting = Setting::new(State::On, format!("it has loaded {module}"));
            setting.name = Some((*name).to_owned());
            setting
        }
        several => {
            let has_default = |(_, _, port): &&&(&str, &str, u16)| ports.contains(port);
            if several.iter().filter(has_default).count() < several.len() {
                let names: Vec<&str> = several.iter().map(|(_, name, _)| *name).collect();
                let names = names.join(", ");
                return unknown(&format!(
                    "it asks as {names}, and which of them has which port is not shown"
                ));
            }
            let service = |(module, name, port): &&(&str, &str, u16)| Service {
                name: (*name).to_owned(),
                state: State::On,
                evidence: format!("it has loaded {module}"),
                port: Some(*port),
                protocol: Some("tcp"),
                starts: None,
            };
            Setting::of_services(several.iter().map(service).collect(), "it")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const NATIVE: &str = "module-native-protocol-tcp.so";
    const CLI: &str = "module-cli-protocol-tcp.so";

    fn found(loaded: Option<&[&str]>, ports: &[u16]) -> (State, Vec<String>) {
        let words = ["pulseaudio".to_owned()];
        let mut scene = Scene::new(Path::new("/nonexistent"), None, &words);
        scene.loaded = loaded.map(|names| names.iter().map(|&name| name.to_owned()).collect());
        scene.waits = ports.iter().map(|port| (*port, "tcp")).collect();
        let setting = pulseaudio(&scene);
        let services = setting.services.into_iter().map(|service| service.name);
        (
            setting.state,
            setting.name.into_iter().chain(services).collect(),
        )
    }

    /// As the pulseaudio of Debian 12 was seen to refuse and to let in.
    #[test]
    fn what_is_loaded_decides_as_far_as_it_can() {
        assert_eq!(found(None, &[]), (State::Unknown, vec![]));
        assert_eq!(found(Some(&["libpulsecore-16.1.so"]), &[]).0, State::Off);
        let native = vec!["pulseaudio-native".to_owned()];
        assert_eq!(found(Some(&[NATIVE]), &[4000]), (State::On, native));
        let both = vec!["pulseaudio-cli".to_owned(), "pulseaudio-native".to_owned()];
        assert_eq!(
            found(Some(&[NATIVE, CLI]), &[4712, 4713]),
            (State::On, both)
        );
        assert_eq!(found(Some(&[NATIVE, CLI]), &[4712, 4999]).0, State::Unknown);
        let other = ["module-esound-protocol-tcp.so", NATIVE];
        assert_eq!(found(Some(&other), &[4713]).0, State::Unknown);
    }
}
