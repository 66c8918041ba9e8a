//! How often alerts are sent (`[alert]`), who hears of which (`[[alert.rule]]`), and how long the
//! journal keeps its events (`[journal]`).

use super::error::ConfigError;
use super::mailbox::Mailbox;
use super::section::Section;
use ipnet::IpNet;
use std::net::IpAddr;
use std::time::Duration;

pub(super) const ALERT: &[&str] = &[
    "quiet",
    "max_mails_per_hour",
    "group_ipv4",
    "group_ipv6",
    "give_up",
    "heartbeat",
    "syslog",
    "mute",
    "rule",
    "command",
    "webhook",
];
pub(super) const RULE: &[&str] = &["daemon", "network", "mail", "to"];

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// How often alerts are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// How long repeats of a source are gathered after it was told.
    pub quiet: Duration,
    /// How many letters may leave within an hour.
    pub max_mails_per_hour: u32,
    /// Addresses that share so many bits are one source, in IPv4 and in IPv6.
    pub group: Grouping,
    /// How long a letter is tried.
    pub give_up: Duration,
    /// When a sign of life is mailed every day, in minutes after midnight by local time.
    pub heartbeat: Option<u32>,
    /// Whether every event is written to the system log too.
    pub syslog: bool,
    /// Nobody is alerted about events of these clients.
    pub mute: Vec<IpNet>,
    /// Exceptions; the first that fits an event decides.
    pub rules: Vec<AlertRule>,
}

impl Alert {
    /// Whether nobody is to be alerted about an event of `address`.
    pub fn is_muted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.mute.iter().any(|net| net.contains(&address))
    }
}

/// How many bits of an address make it one source with its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grouping {
    /// 1 to 32.
    pub ipv4: u8,
    /// 1 to 128.
    pub ipv6: u8,
}

/// An exception for some events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRule {
    /// Events of this daemon only, compared without case.
    pub daemon: Option<String>,
    /// Events of addresses in one of these networks only; of all if there are none.
    pub networks: Vec<IpNet>,
    /// What becomes of them.
    pub mail: MailChoice,
    /// Who is alerted, in place of the recipients in `[mail]`.
    pub to: Vec<Mailbox>,
}

/// What becomes of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailChoice {
    /// It stands in the journal and in reports only.
    Never,
    /// The event is gathered into a digest, even at first sight.
    Digest,
    /// The event is mailed at once, as far as politeness allows.
    #[default]
    Now,
}

impl Default for Alert {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(HOUR),
            max_mails_per_hour: 12,
            group: Grouping { ipv4: 32, ipv6: 64 },
            give_up: Duration::from_secs(5 * DAY),
            heartbeat: None,
            syslog: true,
            mute: Vec::new(),
            rules: Vec::new(),
        }
    }
}

impl AlertRule {
    /// Whether this rule is about a connection of `address`, if it is known, to `daemon`.
    pub fn fits(&self, daemon: &[u8], address: Option<IpAddr>) -> bool {
        let is_daemon = |name: &String| name.as_bytes().eq_ignore_ascii_case(daemon);
        let is_inside = |address: IpAddr| {
            let address = address.to_canonical();
            self.networks.iter().any(|net| net.contains(&address))
        };
        self.daemon.as_ref().is_none_or(is_daemon)
            && (self.networks.is_empty() || address.is_some_and(is_inside))
    }
}

/// Reads `[alert]`.
pub(super) fn alert(section: &Section<'_>) -> Result<Alert, ConfigError> {
    let defaults = Alert::default();
    let bits = |key, most: u8, default| -> Result<u8, ConfigError> {
        let given = section.number(key, 1..=u32::from(most))?;
        Ok(given
            .and_then(|bits| u8::try_from(bits).ok())
            .unwrap_or(default))
    };
    let heartbeat = match section.text("heartbeat")? {
        None => None,
        Some(text) => Some(minutes_of_day(&text).ok_or_else(|| {
            section.bad_value("heartbeat", "must be a time of day such as \"07:30\"")
        })?),
    };
    let rules = section.sections("rule", "alert.rule", RULE)?;
    Ok(Alert {
        quiet: section.duration("quiet", 0)?.unwrap_or(defaults.quiet),
        max_mails_per_hour: section
            .number("max_mails_per_hour", 1..=10_000)?
            .unwrap_or(defaults.max_mails_per_hour),
        group: Grouping {
            ipv4: bits("group_ipv4", 32, defaults.group.ipv4)?,
            ipv6: bits("group_ipv6", 128, defaults.group.ipv6)?,
        },
        give_up: section.duration("give_up", 60)?.unwrap_or(defaults.give_up),
        heartbeat,
        syslog: section.flag("syslog")?.unwrap_or(defaults.syslog),
        mute: section.networks("mute")?,
        rules: rules.iter().map(rule).collect::<Result<_, _>>()?,
    })
}

fn rule(section: &Section<'_>) -> Result<AlertRule, ConfigError> {
    let choices = [
        ("never", MailChoice::Never),
        ("digest", MailChoice::Digest),
        ("now", MailChoice::Now),
    ];
    let rule = AlertRule {
        daemon: section.text("daemon")?,
        networks: section.networks("network")?,
        mail: section.choice("mail", &choices)?.unwrap_or_default(),
        to: section.mailboxes("to")?,
    };
    if rule.daemon.is_none() && rule.networks.is_empty() {
        return Err(section.missing(
            "[[alert.rule]] fits everything: give it a daemon or a network, or change [alert] itself",
        ));
    }
    if rule.mail == MailChoice::Never && !rule.to.is_empty() {
        return Err(
            section.missing("[[alert.rule]] with mail = \"never\" alerts nobody: leave out to")
        );
    }
    Ok(rule)
}

/// `HH:MM` as minutes after midnight.
fn minutes_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, most: u32| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = text.parse().ok()?;
        (is_number && number <= most).then_some(number)
    };
    Some(number(hours, 23)? * 60 + number(minutes, 59)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_has_four_digits() {
        assert_eq!(minutes_of_day("07:30"), Some(450));
        assert_eq!(minutes_of_day("23:59"), Some(1439));
        for bad in ["7:30", "24:00", "12:60", "0730", "+7:30", "", ":"] {
            assert_eq!(minutes_of_day(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_rule_fits_by_daemon_and_network() {
        let rule = AlertRule {
            daemon: Some("sshd".to_owned()),
            networks: vec!["10.0.0.0/8".parse().unwrap()],
            mail: MailChoice::Never,
            to: Vec::new(),
        };
        let inside = Some("10.9.8.7".parse().unwrap());
        assert!(rule.fits(b"SSHD", inside));
        assert!(!rule.fits(b"vsftpd", inside));
        assert!(!rule.fits(b"sshd", Some("192.0.2.7".parse().unwrap())));
        assert!(!rule.fits(b"sshd", None));
    }
}
