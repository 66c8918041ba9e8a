//! Whether the units of systemd may be hardened: a sandbox breaks mailers that are setuid or setgid
//! (nullmailer takes the mail and never sends it), so that it is for a tcpw that starts no program
//! of others.

use super::unit_files::{DELIVER, REPORT};
use crate::cli::base::{Context, Failure, Paths, Text};
use crate::config::{ChannelSettings, Config, Password, Smtp, TransportSettings};
use crate::system::DELIVERY_USER;
use std::fs;
use std::path::{Path, PathBuf};

/// The drop-in, as it is shipped.
pub(crate) const HARDENED: &str = include_str!("../../../packaging/systemd/hardened.conf");
/// The services that send mails, or start what does.
const SERVICES: [&str; 2] = [DELIVER, REPORT];
const DROP_IN: &str = "hardened.conf";
/// Where units are, the one that counts first (`systemd.unit(5)`).
const UNIT_DIRECTORIES: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Settings that break programs of others when they are on, and when they are not empty.
const BREAKING_FLAGS: [&str; 4] = [
    "NoNewPrivileges",
    "RestrictSUIDSGID",
    "PrivateUsers",
    "DynamicUser",
];
const BREAKING_LISTS: [&str; 2] = ["SystemCallFilter", "CapabilityBoundingSet"];
/// Those that imply `NoNewPrivileges` where the user is not root (`systemd.exec(5)`).
const IMPLYING_FLAGS: [&str; 10] = [
    "LockPersonality",
    "MemoryDenyWriteExecute",
    "PrivateDevices",
    "ProtectClock",
    "ProtectHostname",
    "ProtectKernelLogs",
    "ProtectKernelModules",
    "ProtectKernelTunables",
    "RestrictNamespaces",
    "RestrictRealtime",
];
const IMPLYING_LISTS: [&str; 3] = [
    "RestrictAddressFamilies",
    "SystemCallArchitectures",
    "SystemCallLog",
];
/// Below these a hardened unit cannot write, or sees a directory of its own.
const CLOSED: [&str; 9] = [
    "/etc",
    "/usr",
    "/boot",
    "/efi",
    "/home",
    "/root",
    "/run/user",
    "/tmp",
    "/var/tmp",
];

/// Why the units cannot be hardened with `config`, as what follows "because"; nothing when they can.
pub(crate) fn obstacle(config: &Config) -> Option<String> {
    program(config).or_else(|| written(config))
}

/// The program of others that a deliverer starts.
fn program(config: &Config) -> Option<String> {
    let servers: &[Smtp] = match &config.mail.transport {
        TransportSettings::Sendmail { program, .. } => {
            return Some(format!(
                "mail.transport = \"sendmail\" starts {}",
                program.display()
            ));
        }
        TransportSettings::Smtp(servers) => servers,
        TransportSettings::File { .. } => &[],
    };
    let login = |server: &Smtp| server.login.as_ref().map(|login| login.password.clone());
    if let Some(program) = servers.iter().filter_map(login).find_map(first_word) {
        return Some(format!("mail.smtp.password_command starts {program}"));
    }
    config.channels.iter().find_map(|channel| match channel {
        ChannelSettings::Command(command) => {
            let program = command.argv.first().map_or("a program", String::as_str);
            Some(format!(
                "[[alert.command]] {} starts {program}",
                command.name
            ))
        }
        ChannelSettings::Webhook(webhook) => {
            let program = webhook.secret.clone().and_then(first_word)?;
            let name = &webhook.name;
            Some(format!("[[alert.webhook]] {name} starts {program}"))
        }
    })
}

/// Whether a password comes from what a process has from its starter: a credential of a unit, or a
/// program that may need its environment.
pub(crate) fn depends_on_starter(config: &Config) -> bool {
    let TransportSettings::Smtp(servers) = &config.mail.transport else {
        return false;
    };
    let is_starters =
        |password: &Password| matches!(password, Password::Credential(_) | Password::Command(_));
    let mut logins = servers.iter().filter_map(|server| server.login.as_ref());
    logins.any(|login| is_starters(&login.password))
}

fn first_word(secret: Password) -> Option<String> {
    match secret {
        Password::Command(argv) => argv.into_iter().next(),
        Password::File(_) | Password::Credential(_) | Password::Literal(_) => None,
    }
}

/// The first directory that tcpw itself writes and a hardened unit cannot.
fn written(config: &Config) -> Option<String> {
    let mails = match &config.mail.transport {
        TransportSettings::File { directory } => Some(("mail.file_dir", directory)),
        TransportSettings::Sendmail { .. } | TransportSettings::Smtp(_) => None,
    };
    mails
        .into_iter()
        .chain([
            ("journal.path", &config.journal),
            ("drop.path", &config.drop),
        ])
        .find(|(_, path)| CLOSED.iter().any(|closed| path.starts_with(closed)))
        .map(|(key, path)| format!("{key} is {}", path.display()))
}

/// Where the drop-in of each service is, for a system whose root is `/`.
pub(crate) fn drop_ins() -> impl Iterator<Item = String> {
    SERVICES
        .iter()
        .map(|service| format!("{}/{service}.d/{DROP_IN}", UNIT_DIRECTORIES[0]))
}

const ARE_HARDENED: Text = Text {
    en: "units: hardened, because tcpw itself sends the mails",
    ko: "유닛: tcpw가 직접 메일을 보내므로 격리합니다",
};
const ARE_NOT_HARDENED: Text = Text {
    en: "units: not hardened, because {}, and a sandbox breaks programs that are setuid or setgid",
    ko: "유닛: 격리하지 않습니다. setuid나 setgid 프로그램은 격리하면 실행되지 않습니다 ({})",
};
const AS_ROOT: Text = Text {
    en: "units: deliver as root, because there is no user tcpw",
    ko: "유닛: 사용자 tcpw가 없어 root로 보냅니다",
};
const AS_USER: Text = Text {
    en: "units: deliver as {}",
    ko: "유닛: 사용자 {}(으)로 보냅니다",
};

/// Says as whom the units run and whether they are hardened.
pub(crate) fn explain(
    obstacle: Option<&str>,
    is_root: bool,
    context: &mut Context,
) -> Result<(), Failure> {
    match obstacle {
        None => context.out.say(ARE_HARDENED, &[])?,
        Some(obstacle) => context.out.say(ARE_NOT_HARDENED, &[obstacle])?,
    }
    if is_root {
        context.out.say(AS_ROOT, &[])
    } else {
        context.out.say(AS_USER, &[DELIVERY_USER])
    }
}

/// What is wrong with the installed units for `config`: one of them is hardened although it starts
/// programs of others.
pub(crate) fn misfit(config: &Config, paths: &Paths) -> Option<String> {
    let obstacle = obstacle(config)?;
    SERVICES.iter().find_map(|service| {
        let setting = breaking_setting(service, paths)?;
        Some(format!(
            "{service} has {setting}, which does not fit: {obstacle}; run tcpw install-alert --systemd"
        ))
    })
}

/// The first setting of an installed service that breaks programs of others.
fn breaking_setting(service: &str, paths: &Paths) -> Option<String> {
    breaking(&texts_of(service, paths)?)
}

/// The text of an installed service and of its drop-ins; nothing if it is not installed.
pub(super) fn texts_of(service: &str, paths: &Paths) -> Option<String> {
    let directories = || {
        UNIT_DIRECTORIES
            .iter()
            .map(|path| paths.inside(Path::new(path)))
    };
    let unit = directories()
        .map(|directory| directory.join(service))
        .find_map(|path| fs::read_to_string(path).ok())?;
    let mut texts = vec![unit];
    for directory in directories() {
        for place in [format!("{service}.d"), "service.d".to_owned()] {
            let mut parts: Vec<PathBuf> = fs::read_dir(directory.join(place))
                .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
                .unwrap_or_default();
            parts.retain(|path| path.extension().is_some_and(|end| end == "conf"));
            parts.sort();
            texts.extend(
                parts
                    .iter()
                    .filter_map(|path| fs::read_to_string(path).ok()),
            );
        }
    }
    Some(texts.join("\n"))
}

/// The same for the text of a unit and its drop-ins: of each setting the last value counts.
fn breaking(text: &str) -> Option<String> {
    let value = |key: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .filter(|(name, _)| name.trim() == key)
            .map(|(_, value)| value.trim())
            .next_back()
            .filter(|value| !value.is_empty())
    };
    let is_on = |value: &&str| ["yes", "true", "on", "1"].contains(value);
    let is_users = value("User").is_some_and(|user| !["root", "0"].contains(&user));
    let implied = |keys: &'static [&'static str]| keys.iter().filter(move |_| is_users);
    let flag = BREAKING_FLAGS
        .iter()
        .chain(implied(&IMPLYING_FLAGS))
        .find_map(|key| Some((*key, value(key).filter(is_on)?)));
    let list = || {
        let mut keys = BREAKING_LISTS.iter().chain(implied(&IMPLYING_LISTS));
        keys.find_map(|key| Some((*key, value(key)?)))
    };
    let strict = || {
        let value = value("ProtectSystem").filter(|value| *value == "strict")?;
        Some(("ProtectSystem", value))
    };
    let user = || {
        let value = value("User").filter(|user| !["root", "0", DELIVERY_USER].contains(user))?;
        Some(("User", value))
    };
    let found = flag.or_else(list).or_else(strict).or_else(user);
    found.map(|(key, value)| format!("{key}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_a_mailer_is_found_and_the_last_value_counts() {
        assert_eq!(breaking(HARDENED).as_deref(), Some("NoNewPrivileges=yes"),);
        let unit = include_str!("../../../packaging/systemd/tcpw-deliver.service");
        for (text, found) in [
            (unit, None),
            ("[Service]\nUMask=0077\n", None),
            ("NoNewPrivileges=yes\nNoNewPrivileges=no\n", None),
            ("# NoNewPrivileges=yes\n", None),
            ("ProtectSystem=full\n", None),
            ("ProtectSystem=strict\n", Some("ProtectSystem=strict")),
            (
                "CapabilityBoundingSet=CAP_CHOWN\n",
                Some("CapabilityBoundingSet=CAP_CHOWN"),
            ),
            ("SystemCallFilter=x\nSystemCallFilter=\n", None),
            ("User=mail\n", Some("User=mail")),
            ("User=tcpw\n", None),
            (
                "User=tcpw\nLockPersonality=yes\n",
                Some("LockPersonality=yes"),
            ),
            (
                "User=tcpw\nRestrictAddressFamilies=AF_UNIX\n",
                Some("RestrictAddressFamilies=AF_UNIX"),
            ),
            ("LockPersonality=yes\n", None),
            ("User = root\n", None),
        ] {
            assert_eq!(breaking(text).as_deref(), found, "{text}");
        }
    }
}
