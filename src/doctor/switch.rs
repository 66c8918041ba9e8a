//! The switch of each daemon that has one, as its configuration and its arguments set it.

use crate::doctor::bacula::bacula;
use crate::doctor::catalogue::{Key, Switch};
use crate::doctor::proftpd::proftpd;
use crate::doctor::pulseaudio::pulseaudio;
use crate::doctor::ser2net::ser2net;
use crate::doctor::setting::{Config, Scene, Service, Setting, State, last_value, yes_or_no};
use crate::doctor::stunnel::stunnel;
use crate::doctor::superserver::{inetd, xinetd};
use std::path::PathBuf;

/// Whether a daemon asks, as far as a switch decides that; nothing for one that has none.
pub(super) fn setting(scene: &Scene<'_>, switch: Switch) -> Option<Setting> {
    match switch {
        Switch::None => None,
        Switch::Key(key) => Some(key_of_file(scene, key)),
        Switch::Stunnel => Some(stunnel(scene)),
        Switch::Xinetd => Some(xinetd(scene)),
        Switch::Inetd => Some(inetd(scene)),
        Switch::Sslh => Some(sslh(scene)),
        Switch::Socat => Some(socat(scene)),
        Switch::Proftpd => Some(proftpd(scene)),
        Switch::Ser2net => Some(ser2net(scene)),
        Switch::SyslogNg => Some(syslog_ng(scene)),
        Switch::Bacula { file, resources } => Some(bacula(scene, file, resources)),
        Switch::Pulseaudio => Some(pulseaudio(scene)),
        Switch::NotRead(place) => {
            let evidence = format!("{place} decides, which tcpw does not read");
            Some(Setting::new(State::Unknown, evidence))
        }
    }
}

fn key_of_file(scene: &Scene<'_>, key: Key) -> Setting {
    let given = scene.plain().find(|_| key.by_argument);
    let files: Vec<PathBuf> = match given {
        Some(path) => vec![scene.file(path)],
        None => key.files.iter().map(|path| scene.root.join(path)).collect(),
    };
    let state = |is_on: bool| if is_on { State::On } else { State::Off };
    let (path, text) = match scene.first(&files) {
        Config::Found(path, text) => (path, text),
        Config::Absent => {
            let evidence = format!("{} is {} by default", key.name, on_or_off(key.is_on));
            return Setting::new(state(key.is_on), evidence);
        }
        Config::Closed(setting) => return setting,
    };
    let place = scene.shown(&path);
    let Some((line, value)) = last_value(&text, key.name, key.separator) else {
        let evidence = format!(
            "{place} does not set {}, which is {} by default",
            key.name,
            on_or_off(key.is_on)
        );
        return Setting::new(state(key.is_on), evidence);
    };
    let evidence = format!("{place}:{line}: {}{}{value}", key.name, key.separator);
    let found = yes_or_no(value).map_or(State::Unknown, state);
    Setting::new(found, evidence)
}

fn on_or_off(is_on: bool) -> &'static str {
    if is_on { "on" } else { "off" }
}

/// `service: "NAME"` in the protocols of its configuration.
fn sslh(scene: &Scene<'_>) -> Setting {
    let files = match scene.value_of(&["-F", "--config"]) {
        Some(path) => vec![scene.file(path)],
        None => vec![
            scene.root.join("etc/sslh.cfg"),
            scene.root.join("etc/sslh/sslh.cfg"),
        ],
    };
    let (path, text) = match scene.first(&files) {
        Config::Found(path, text) => (path, text),
        Config::Absent => {
            let evidence = "the names that it asks with are built into it".to_owned();
            return Setting::new(State::Unknown, evidence);
        }
        Config::Closed(setting) => return setting,
    };
    let place = scene.shown(&path);
    let mut services = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with(['#', '/']) {
            continue;
        }
        for part in line.split("service").skip(1) {
            let value = part.trim_start().strip_prefix([':', '=']);
            let name = value.and_then(|value| value.split('"').nth(1));
            services.extend(name.map(|name| Service {
                name: name.to_owned(),
                state: State::On,
                evidence: format!("{place}:{}: service: \"{name}\"", number + 1),
                port: None,
                protocol: None,
                starts: None,
            }));
        }
    }
    Setting::of_services(services, &place)
}

/// Whoever connects by TCP is asked about, whatever the configuration says; of datagrams nobody is.
fn syslog_ng(scene: &Scene<'_>) -> Setting {
    const NAME: &str = "syslog-ng";
    let service = |&(port, protocol): &(u16, &'static str)| {
        let (state, evidence) = if protocol == "tcp" {
            (State::On, "it asks about each client that connects by TCP")
        } else {
            (State::Never, "it asks about no datagram (UDP)")
        };
        Service {
            name: NAME.to_owned(),
            state,
            evidence: evidence.to_owned(),
            port: Some(port),
            protocol: Some(protocol),
            starts: None,
        }
    };
    let services: Vec<Service> = scene.waits.iter().map(service).collect();
    if services.is_empty() {
        let evidence = "it asks about each client that connects by TCP, and about no datagram (UDP); \
                        which of them its configuration takes, tcpw does not read";
        let mut setting = Setting::new(State::Unknown, evidence.to_owned());
        setting.name = Some(NAME.to_owned());
        return setting;
    }
    Setting::of_services(services, NAME)
}

/// `tcpwrap` or `tcpwrap=NAME` in the address that it listens with, the first of its two.
fn socat(scene: &Scene<'_>) -> Setting {
    let listens = |word: &&String| {
        let kind = word.split(':').next().unwrap_or_default();
        kind.to_ascii_uppercase().contains("LISTEN") || kind.to_ascii_uppercase().contains("RECV")
    };
    let Some(address) = scene.words.iter().skip(1).find(listens) else {
        let evidence = "none of its addresses listens".to_owned();
        return Setting::new(State::Unknown, evidence);
    };
    let mut options = address.split(',').map(|option| {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        (key.trim().to_ascii_lowercase(), value)
    });
    let wraps = options
        .find(|(key, _)| matches!(key.as_str(), "tcpwrap" | "tcpwrappers" | "libwrap" | "wrap"));
    let Some((key, name)) = wraps else {
        return Setting::new(State::Off, format!("its address {address} has no tcpwrap"));
    };
    let mut found = Setting::new(State::On, format!("its address has {key}={name}"));
    found.name = (!name.is_empty()).then(|| name.to_owned());
    let moved = address.split(',').find(|option| {
        let key = option.split('=').next().unwrap_or_default();
        let key = key.to_ascii_lowercase();
        matches!(
            key.as_str(),
            "tcpwrap-etc"
                | "hosts-allow"
                | "hosts-deny"
                | "tcpwrap-hosts-allow-table"
                | "tcpwrap-hosts-deny-table"
                | "allow-table"
                | "deny-table"
        )
    });
    if let Some(option) = moved {
        found
            .problems
            .push(format!("it reads other tables: {option}"));
    }
    found
}
