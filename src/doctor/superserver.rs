//! Programs that start others: what their configuration says of each service, and whether a client of
//! it is asked about.

use crate::doctor::setting::{
    Config, Scene, Service, Setting, State, port_number, port_of_address,
};
use std::path::{Path, PathBuf};

/// Includes of includes are followed so far.
const DEEPEST: usize = 4;

/// The services of inetd: with `-l` it asks itself about each client of a stream for which it does
/// not wait; else it depends on what it starts, which may be `tcpd`.
pub(super) fn inetd(scene: &Scene<'_>) -> Setting {
    let mut flags = scene.words.iter().skip(1);
    let asks_itself =
        flags.any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('l'));
    let given = scene.plain().find(|word| word.contains('/'));
    let path = match given {
        Some(path) => scene.file(path),
        None => scene.root.join("etc/inetd.conf"),
    };
    let (path, text) = match scene.first(std::slice::from_ref(&path)) {
        Config::Found(path, text) => (path, text),
        Config::Absent => {
            let evidence = format!("there is no {}", scene.shown(&path));
            return Setting::new(State::Off, evidence);
        }
        Config::Closed(setting) => return setting,
    };
    let place = scene.shown(&path);
    let lines = text.lines().enumerate();
    let services = lines.filter_map(|(number, line)| {
        let at = format!("{place}:{}", number + 1);
        service(scene.root, line, &at, asks_itself)
    });
    Setting::of_services(services.collect(), &place)
}

/// A line of inetd.conf(5): the name asked about, whether it is, and how that shows.
fn service(root: &Path, line: &str, at: &str, asks_itself: bool) -> Option<Service> {
    let line = line.trim();
    if line.starts_with('#') {
        return None;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let [service, socket, _, wait, _, program, rest @ ..] = words.as_slice() else {
        return None;
    };
    let own = rest.first().copied().unwrap_or(program);
    let is_internal = *program == "internal";
    let is_accepted = socket.starts_with("stream") && wait.starts_with("nowait");
    // It asks with the first argument as it stands there, also if that is a path.
    let (name, state, why) = match (is_internal, asks_itself) {
        (true, _) => (
            *service,
            State::Never,
            "inetd serves it itself and asks nobody",
        ),
        (false, false) => (
            own,
            State::Off,
            "inetd asks nobody, since it runs without -l",
        ),
        (false, true) if is_accepted => (own, State::On, "inetd -l asks about each client"),
        (false, true) => (
            own,
            State::Never,
            "inetd -l asks only about `stream` and `nowait`",
        ),
    };
    let arguments = rest.iter().map(|word| (*word).to_owned()).collect();
    Some(Service {
        name: name.to_owned(),
        state,
        evidence: format!("{at}: {service}: {why}"),
        port: port_of_address(root, service),
        protocol: None,
        starts: (!is_internal).then(|| (PathBuf::from(program), arguments)),
    })
}

/// The services of xinetd that are not disabled.
pub(super) fn xinetd(scene: &Scene<'_>) -> Setting {
    let main = match scene.value_of(&["-f"]) {
        Some(path) => scene.file(path),
        None => scene.root.join("etc/xinetd.conf"),
    };
    let mut blocks = Vec::new();
    let mut defaults = Block::default();
    if let Err(setting) = read(scene, &main, 0, &mut defaults, &mut blocks) {
        return setting;
    }
    let services = blocks
        .iter()
        .filter(|block| block.is_served(&defaults))
        .map(|block| {
            let is_off = block.has("NOLIBWRAP") || defaults.has("NOLIBWRAP");
            let name = block.asked_as();
            let how = if is_off {
                "NOLIBWRAP".to_owned()
            } else {
                format!("xinetd asks as {name}")
            };
            let port = block.port.as_deref().unwrap_or(&block.service);
            Service {
                name,
                state: if is_off { State::Off } else { State::On },
                evidence: format!("{}: {}: {how}", block.place, block.service),
                port: port_number(scene.root, port),
                protocol: None,
                starts: block.starts(),
            }
        });
    Setting::of_services(services.collect(), &scene.shown(&main))
}

/// A `service` or the `defaults` of xinetd.conf(5).
#[derive(Debug, Clone, Default)]
struct Block {
    service: String,
    place: String,
    is_disabled: bool,
    flags: Vec<String>,
    server: String,
    arguments: String,
    libwrap: Option<String>,
    id: Option<String>,
    port: Option<String>,
    /// Of the defaults: services that are off, and if there are any the only ones that are on.
    disabled: Vec<String>,
    enabled: Vec<String>,
}

impl Block {
    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own == flag)
    }

    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.service)
    }

    fn is_served(&self, defaults: &Self) -> bool {
        let is_in = |list: &[String]| list.iter().any(|word| word == self.id());
        let is_enabled = defaults.enabled.is_empty() || is_in(&defaults.enabled);
        !self.is_disabled && is_enabled && !is_in(&defaults.disabled)
    }

    /// The name under which xinetd asks: the one that is given, else that of the server, of the first
    /// argument with `NAMEINARGS`; where it starts no server, the id.
    fn asked_as(&self) -> String {
        if let Some(name) = &self.libwrap {
            return name.clone();
        }
        let own = if self.server.is_empty() {
            self.id()
        } else if self.has("NAMEINARGS") {
            self.arguments.split_whitespace().next().unwrap_or_default()
        } else {
            &self.server
        };
        own.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// What it starts, with its arguments, the name first.
    fn starts(&self) -> Option<(PathBuf, Vec<String>)> {
        if self.server.is_empty() {
            return None;
        }
        let own = (!self.has("NAMEINARGS")).then(|| self.server.clone());
        let rest = self.arguments.split_whitespace().map(str::to_owned);
        Some((
            PathBuf::from(&self.server),
            own.into_iter().chain(rest).collect(),
        ))
    }

    fn set(&mut self, key: &str, value: &str) {
        let words = || value.split_whitespace().map(str::to_owned);
        match key {
            "disable" => self.is_disabled = value.eq_ignore_ascii_case("yes"),
            "flags" => self
                .flags
                .extend(words().map(|flag| flag.to_ascii_uppercase())),
            "server" => value.clone_into(&mut self.server),
            "server_args" => value.clone_into(&mut self.arguments),
            "libwrap" => self.libwrap = Some(value.to_owned()),
            "id" => self.id = Some(value.to_owned()),
            "port" => self.port = Some(value.to_owned()),
            "disabled" => self.disabled.extend(words()),
            "enabled" => self.enabled.extend(words()),
            _ => {}
        }
    }
}

/// Reads a file of xinetd.conf(5) and those that it includes.
fn read(
    scene: &Scene<'_>,
    path: &Path,
    depth: usize,
    defaults: &mut Block,
    services: &mut Vec<Block>,
) -> Result<(), Setting> {
    let text = match scene.first(&[path.to_owned()]) {
        Config::Found(_, text) => text,
        Config::Absent => return Ok(()),
        Config::Closed(setting) => return Err(setting),
    };
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        let mut words = line.split_whitespace();
        match (words.next(), &mut open) {
            (Some("service"), None) => {
                open = Some(Block {
                    service: words.next().unwrap_or_default().to_owned(),
                    place: format!("{}:{}", scene.shown(path), number + 1),
                    ..Block::default()
                });
            }
            (Some("defaults"), None) => open = Some(Block::default()),
            (Some("}"), Some(block)) => {
                if block.service.is_empty() {
                    defaults.clone_from(block);
                } else {
                    services.push(block.clone());
                }
                open = None;
            }
            (Some("include"), None) if depth < DEEPEST => {
                let inside = scene.file(words.next().unwrap_or_default());
                read(scene, &inside, depth + 1, defaults, services)?;
            }
            (Some("includedir"), None) if depth < DEEPEST => {
                let folder = scene.file(words.next().unwrap_or_default());
                // Those without a dot and without `~` at the end.
                let wanted = |name: &str| !name.contains('.') && !name.ends_with('~');
                for file in scene.folder(&folder, &wanted)? {
                    read(scene, &file, depth + 1, defaults, services)?;
                }
            }
            (Some(key), Some(block)) if !key.starts_with('#') => {
                if let Some((key, value)) = line.split_once('=') {
                    let key = key.trim_end_matches(['+', '-', ' ', '\t']);
                    block.set(key, value.trim());
                }
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn an_included_folder_that_cannot_be_listed_leaves_it_open() {
        let stage = tempfile::tempdir().unwrap();
        fs::write(stage.path().join("folder"), "").unwrap();
        fs::write(stage.path().join("x.conf"), "includedir /folder\n").unwrap();
        let words = ["xinetd", "-f", "/x.conf"].map(str::to_owned);
        let found = xinetd(&Scene::new(stage.path(), None, &words));
        assert_eq!(found.state, State::Unknown, "{found:?}");
    }

    #[test]
    fn a_line_of_inetd_names_what_is_asked_about() {
        let root = Path::new("/nonexistent");
        for (line, asks_itself, name, state) in [
            (
                "21 stream tcp nowait root /usr/sbin/tcpd /usr/sbin/in.ftpd -l",
                false,
                "/usr/sbin/in.ftpd",
                State::Off,
            ),
            (
                "21 stream tcp nowait root /bin/cat cat",
                true,
                "cat",
                State::On,
            ),
            (
                "21 stream tcp nowait.40 root /bin/cat",
                true,
                "/bin/cat",
                State::On,
            ),
            (
                "21 stream tcp wait root /bin/cat cat",
                true,
                "cat",
                State::Never,
            ),
            (
                "69 dgram udp wait root /bin/cat cat",
                true,
                "cat",
                State::Never,
            ),
            ("7 stream tcp nowait root internal", true, "7", State::Never),
        ] {
            let found = service(root, line, "x:1", asks_itself).unwrap();
            assert_eq!((found.name.as_str(), found.state), (name, state), "{line}");
        }
        for none in [
            "",
            "# 21 stream tcp nowait root /bin/cat cat",
            "21 stream tcp",
        ] {
            assert_eq!(service(root, none, "x:1", true), None, "{none}");
        }
    }

    #[test]
    fn blocks_of_xinetd_name_what_is_asked_about() {
        let stage = tempfile::tempdir().unwrap();
        let conf = "defaults\n{\n disabled = off1\n}\n\
            service a\n{\n server = /bin/cat\n port = 1\n}\n\
            service b\n{\n flags = NAMEINARGS\n server = /usr/sbin/tcpd\n server_args = /usr/sbin/in.ftpd -l\n port = 2\n}\n\
            service c\n{\n server = /bin/cat\n libwrap = chat\n port = 3\n}\n\
            service d\n{\n redirect = 192.0.2.1 80\n id = through\n port = 4\n}\n\
            service e\n{\n server = /bin/cat\n flags += NOLIBWRAP\n port = 5\n}\n\
            service off1\n{\n server = /bin/cat\n port = 6\n}\n\
            service f\n{\n server = /bin/cat\n disable = yes\n port = 7\n}\n";
        fs::write(stage.path().join("x.conf"), conf).unwrap();
        let words = ["xinetd", "-f", "/x.conf"].map(str::to_owned);
        let found = xinetd(&Scene::new(stage.path(), None, &words));
        let services: Vec<_> = found
            .services
            .iter()
            .map(|service| (service.name.as_str(), service.state, service.port))
            .collect();
        assert_eq!(
            services,
            [
                ("cat", State::On, Some(1)),
                ("in.ftpd", State::On, Some(2)),
                ("chat", State::On, Some(3)),
                ("through", State::On, Some(4)),
                ("cat", State::Off, Some(5)),
            ]
        );
    }
}
