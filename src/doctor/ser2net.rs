//! ser2net: each of its accepters for TCP asks, unless it says `tcpd=off`, under the name of its
//! `tcpdname`.

use crate::doctor::setting::{Config, Scene, Service, Setting, State, port_number};

/// The name that it asks with where none is given.
const NAME: &str = "ser2net";
/// The key of what accepts connections, for users and for the administrator alike.
const KEY: &str = "accepter";
/// The option that decides, which may also stand among the defaults.
const OPTION: &str = "tcpd";

/// The accepters of its configuration.
pub(super) fn ser2net(scene: &Scene<'_>) -> Setting {
    let given = scene.value_of(&["-c"]);
    let has_more = scene.words.iter().skip(1).any(|word| {
        let flag = word.get(..2);
        matches!(flag, Some("-C" | "-Y"))
    });
    if has_more || given == Some("-") {
        let evidence = "its arguments or its standard input have a part of its configuration";
        return Setting::new(State::Unknown, evidence.to_owned());
    }
    let files = match given {
        Some(path) => vec![scene.file(path)],
        None => ["etc/ser2net/ser2net.yaml", "etc/ser2net.yaml"]
            .map(|path| scene.root.join(path))
            .to_vec(),
    };
    let (path, text) = match scene.first(&files) {
        Config::Found(path, text) => (path, text),
        Config::Absent => {
            let evidence = "its configuration, which has its accepters, is not there".to_owned();
            return Setting::new(State::Unknown, evidence);
        }
        Config::Closed(setting) => return setting,
    };
    let place = scene.shown(&path);
    let Some(accepters) = accepters(&text) else {
        let evidence = format!("{place} has accepters in a form that tcpw does not read");
        return Setting::new(State::Unknown, evidence);
    };
    let has_defaults = code(&text).any(|(_, line)| {
        let is_default = |key: &str| line.trim_start().starts_with(key);
        !is_default(KEY) && line.contains(OPTION)
    });
    let in_file = accepters
        .iter()
        .map(|(line, text)| (format!("{place}:{line}: {KEY}: {text}"), text.clone()));
    let by_argument = scene
        .value_of(&["-p"])
        .map(|text| (format!("its argument -p {text}"), text.to_owned()));
    let services = in_file.chain(by_argument);
    let services = services.map(|(evidence, text)| service(scene, evidence, &text, has_defaults));
    Setting::of_services(services.collect(), &place)
}

/// The lines without comments, counted from 1.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(number, line)| {
        let line = line.split(" #").next().unwrap_or_default();
        (number + 1, line.trim_end())
    });
    lines.filter(|(_, line)| !line.trim_start().starts_with('#') && !line.is_empty())
}

/// The values of all accepters, each with its line and on one line; nothing if one stands in a form
/// that is not read here.
fn accepters(text: &str) -> Option<Vec<(usize, String)>> {
    let is_yaml = text.starts_with("%YAML");
    let mut found: Vec<(usize, String)> = Vec::new();
    // How far the accepter is indented whose value goes on.
    let mut open = None;
    for (number, line) in code(text) {
        let words = line.trim_start();
        let indent = line.len() - words.len();
        let value = words
            .strip_prefix(KEY)
            .and_then(|rest| rest.strip_prefix(':'));
        if let Some(value) = value {
            found.push((number, value.trim().to_owned()));
            open = Some(indent);
        } else if open.is_some_and(|own| indent > own) {
            found.last_mut()?.1.push_str(words);
        } else {
            open = None;
        }
    }
    let all: usize = code(text).map(|(_, line)| line.matches(KEY).count()).sum();
    // Anchors, aliases and other marks of YAML at the start, and references to what is defined.
    let is_plain = |text: &str| {
        let is_marked = text.starts_with(['&', '*', '!', '|', '>', '{', '[']);
        !is_marked && !text.contains('*') && !text.contains(KEY)
    };
    let are_plain = found.iter().all(|(_, text)| is_plain(text));
    (is_yaml && are_plain && all == found.len()).then_some(found)
}

/// What an accepter such as `telnet(rfc2217),tcp(tcpd=off),localhost,2000` does.
fn service(scene: &Scene<'_>, evidence: String, text: &str, has_defaults: bool) -> Service {
    let text = text.trim_matches(['"', '\'']);
    let parts = parts(text);
    let options = |kind: &str| {
        parts.iter().find_map(|part| {
            let rest = part.strip_prefix(kind)?;
            let inside = || rest.strip_prefix('(')?.strip_suffix(')');
            if rest.is_empty() { Some("") } else { inside() }
        })
    };
    let (mut name, mut said) = (NAME, None);
    for option in options("tcp").unwrap_or_default().split(',') {
        match option.split_once('=') {
            Some(("tcpdname", value)) => name = value,
            Some((OPTION, value)) => said = Some(value),
            Some(_) | None => {}
        }
    }
    let is_udp = options("udp").is_some();
    let state = match (options("tcp"), said) {
        (Some(_), Some("on" | "print")) => State::On,
        (Some(_), Some("off")) => State::Off,
        (Some(_), None) if !has_defaults => State::On,
        (None, _) if is_udp => State::Never,
        (Some(_) | None, _) => State::Unknown,
    };
    let protocol = match (options("tcp"), is_udp) {
        (Some(_), _) => Some("tcp"),
        (None, true) => Some("udp"),
        (None, false) => None,
    };
    Service {
        name: name.to_owned(),
        state,
        evidence,
        port: parts.last().and_then(|port| port_number(scene.root, port)),
        protocol,
        starts: None,
    }
}

/// The parts between commas, of which those in parentheses separate nothing.
fn parts(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut all = vec![String::new()];
    for letter in text.chars().filter(|letter| !letter.is_whitespace()) {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match all.last_mut() {
            Some(last) if letter != ',' || depth > 0 => last.push(letter),
            Some(_) | None => all.push(String::new()),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// What is found in a configuration, with these arguments: port, name and state of each service.
    fn found(text: &str, more: &[&str]) -> Option<Vec<(Option<u16>, String, State)>> {
        let stage = tempfile::tempdir().unwrap();
        fs::write(stage.path().join("s.yaml"), text).unwrap();
        let words = ["ser2net", "-c", "/s.yaml"].iter().chain(more);
        let words: Vec<String> = words.map(|word| (*word).to_owned()).collect();
        let setting = ser2net(&Scene::new(stage.path(), None, &words));
        let services = setting.services.into_iter();
        let services = services.map(|service| (service.port, service.name, service.state));
        (setting.state != State::Unknown).then(|| services.collect())
    }

    /// As the ser2net of Debian 12 was seen to refuse and to let in.
    #[test]
    fn each_accepter_says_whether_it_asks_and_as_what() {
        for (accepter, port, name, state) in [
            ("tcp,localhost,2000", 2000, "ser2net", State::On),
            ("\"tcp,2000\"", 2000, "ser2net", State::On),
            ("tcp(tcpd=off),localhost,2001", 2001, "ser2net", State::Off),
            (
                "tcp(nodelay,tcpdname=own),::1,2002 # x",
                2002,
                "own",
                State::On,
            ),
            (
                "telnet(rfc2217),tcp(tcpd=print),2003",
                2003,
                "ser2net",
                State::On,
            ),
            (
                "telnet,\n              tcp,\n              2004",
                2004,
                "ser2net",
                State::On,
            ),
            ("udp,2005", 2005, "ser2net", State::Never),
            ("tcp(tcpd=maybe),2006", 2006, "ser2net", State::Unknown),
            ("sctp,2007", 2007, "ser2net", State::Unknown),
        ] {
            let text = format!(
                "%YAML 1.1\n---\n# accepter: x\nconnection: &a\n    accepter: {accepter}\n    \
                 connector: serialdev,\n              /dev/ttyS0\n"
            );
            let service = (Some(port), name.to_owned(), state);
            assert_eq!(found(&text, &[]), Some(vec![service]), "{accepter}");
        }
    }

    #[test]
    fn what_is_not_read_as_a_whole_is_not_judged() {
        let one = "%YAML 1.1\n---\nconnection: &a\n  accepter: tcp,2000\n";
        assert_eq!(found(one, &[]).map(|all| all.len()), Some(1));
        assert_eq!(
            found(one, &["-p", "tcp,2009"]).map(|all| all.len()),
            Some(2)
        );
        let default = format!("{one}default: &d\n  name: tcpd\n  value: off\n  class: tcp\n");
        assert_eq!(found(&default, &[]).unwrap()[0].2, State::Unknown);
        for text in [
            "2000:raw:0:/dev/ttyS0:9600\n",
            "%YAML 1.1\n---\nconnection: {accepter: 'tcp,2000', connector: echo}\n",
            "%YAML 1.1\n---\ndefine: &p tcp,2000\nconnection: &a\n  accepter: *p\n",
        ] {
            assert_eq!(found(text, &[]), None, "{text}");
        }
        assert_eq!(found(one, &["-Y", "connection: &b# accepter: tcp,1"]), None);
    }
}
