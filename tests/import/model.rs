//! Random rules, whose first one decides, and what a client gets by them.

use crate::editor::Sandbox;
use std::io::Write as _;
use std::net::IpAddr;
use std::process::{Command, Stdio};
use tcpw_gate::Network;

/// Numbers that are the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `most`.
    pub fn roll(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub allows: bool,
    /// The network, such as `10.0.4.0/22`.
    pub from: String,
    /// Whether it is for port 22 alone.
    pub is_ssh: bool,
}

impl Rule {
    pub fn is_six(&self) -> bool {
        self.from.contains(':')
    }
}

/// Rules whose networks lie in each other.
pub fn rules(dice: &mut Dice, count: usize, has_six: bool) -> Vec<Rule> {
    let one = |_| {
        let from = if has_six && dice.roll(3) == 0 {
            let length = 112 + dice.roll(17);
            let host = (dice.roll(1 << 16) >> (128 - length)) << (128 - length);
            format!("2001:db8::{host:x}/{length}")
        } else {
            let length = 20 + dice.roll(13);
            let host = (dice.roll(1 << 12) >> (32 - length)) << (32 - length);
            format!("10.0.{}.{}/{length}", host >> 8, host & 255)
        };
        Rule {
            allows: dice.roll(2) == 0,
            from,
            is_ssh: dice.roll(2) == 0,
        }
    };
    (0..count).map(one).collect()
}

/// Whether a client may connect by these rules; nothing if none is about it.
pub fn verdict(rules: &[Rule], address: IpAddr, is_ssh: bool) -> Option<bool> {
    let is_about = |rule: &&Rule| {
        let network: Network = rule.from.parse().unwrap();
        (is_ssh || !rule.is_ssh) && network.contains(address)
    };
    rules.iter().find(is_about).map(|rule| rule.allows)
}

/// Addresses at the edges of the networks, inside and outside.
pub fn probes(rules: &[Rule]) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = ["203.0.113.9", "2001:db8:ffff::1"]
        .map(|text| text.parse().unwrap())
        .to_vec();
    for rule in rules {
        let network: Network = rule.from.parse().unwrap();
        for (address, step) in [(network.first(), -1), (network.last(), 1)] {
            found.push(address);
            found.push(match address {
                IpAddr::V4(address) => {
                    IpAddr::V4(address.to_bits().wrapping_add_signed(step).into())
                }
                IpAddr::V6(address) => {
                    IpAddr::V6(address.to_bits().wrapping_add_signed(step.into()).into())
                }
            });
        }
    }
    found.sort();
    found.dedup();
    found
}

/// What the tables of the sandbox say, question by question: daemon and address.
pub fn asked(sandbox: &Sandbox, questions: &[(&str, IpAddr)]) -> Vec<bool> {
    let mut command: Command = sandbox.command(&["match", "--batch"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = questions
        .iter()
        .map(|(daemon, address)| format!("{daemon}\t{address}"));
    let text = lines.collect::<Vec<_>>().join("\n") + "\n";
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<bool> = out
        .lines()
        .map(|line| match line.split('\t').next() {
            Some("granted") => true,
            Some("denied") => false,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

/// Compares the tables with the rules at their edges, for sshd and another daemon; gives how many
/// questions were asked.
pub fn compare(sandbox: &Sandbox, rules: &[Rule], default: bool) -> usize {
    let questions: Vec<(&str, IpAddr)> = probes(rules)
        .into_iter()
        .flat_map(|address| [("sshd", address), ("vsftpd", address)])
        .collect();
    for ((daemon, address), answer) in questions.iter().zip(asked(sandbox, &questions)) {
        let wanted = verdict(rules, *address, *daemon == "sshd").unwrap_or(default);
        assert_eq!(
            answer,
            wanted,
            "{daemon} {address}: {rules:?}\n{:?}",
            sandbox.tables()
        );
    }
    questions.len()
}
