//! The real sshd says which of its lists count for an address; whom they refuse, the tables refuse.

use super::model::{Dice, asked};
use crate::editor::Sandbox;
use crate::proof::say;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::Command;
use tcpw_gate::Network;

/// What `sshd -T` prints for a client.
fn effective(config: &str, address: &str) -> String {
    let client = format!("user=u,host={address},addr={address},laddr=127.0.0.1,lport=22");
    let output = Command::new("/usr/sbin/sshd")
        .args(["-T", "-f", config, "-C", &client])
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{error}: {}",
        std::fs::read_to_string(config).unwrap()
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Whether sshd refuses everybody from there, by the lists that count for it.
fn is_refused(config: &str, address: &str) -> bool {
    let text = effective(config, address);
    let address: IpAddr = address.parse().unwrap();
    let of = |keyword: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        lines
            .filter(|(key, _)| *key == keyword)
            .map(|(_, value)| value.to_owned())
            .collect()
    };
    let is_from = |host: &str| host == "*" || host.parse::<Network>().unwrap().contains(address);
    let is_about = |pattern: &String| match pattern.rsplit_once('@') {
        Some((_, host)) => host.split(',').any(is_from),
        None => true,
    };
    let is_everybody = |pattern: &&String| pattern.starts_with('*');
    let allowed = of("allowusers");
    of("denyusers").iter().filter(is_everybody).any(is_about)
        || (!allowed.is_empty() && !allowed.iter().any(is_about))
}

fn network(dice: &mut Dice) -> String {
    if dice.roll(4) == 0 {
        return format!("2001:db8:{}::/48", dice.roll(4));
    }
    let length = 22 + dice.roll(3);
    let host = (dice.roll(1 << 10) >> (32 - length)) << (32 - length);
    format!("10.0.{}.{}/{length}", host >> 8, host & 255)
}

fn config(dice: &mut Dice, key: &str) -> String {
    let mut text =
        format!("HostKey {key}\nPort 22\nPasswordAuthentication no # not about addresses\n");
    if dice.roll(2) == 0 {
        writeln!(
            text,
            "AllowUsers u@{} *@{},{}",
            network(dice),
            network(dice),
            network(dice)
        )
        .unwrap();
    }
    if dice.roll(2) == 0 {
        writeln!(
            text,
            "DenyUsers *@{} other other@{}",
            network(dice),
            network(dice)
        )
        .unwrap();
    }
    for _ in 0..dice.roll(3) {
        let list = match dice.roll(3) {
            0 => format!("*,!{}", network(dice)),
            1 => format!("{},{}", network(dice), network(dice)),
            _ => network(dice),
        };
        writeln!(text, "Match Address {list}").unwrap();
        text += match dice.roll(3) {
            0 => "  DenyUsers *\n",
            1 => "  AllowUsers u\n",
            _ => "  X11Forwarding no\n  AllowUsers u@10.0.0.0/24\n",
        };
    }
    text
}

/// A key without which sshd does not read its configuration, and the folder that it wants.
fn host_key(sandbox: &Sandbox) -> PathBuf {
    let key = sandbox.path("key");
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    std::fs::create_dir_all("/run/sshd").unwrap();
    key
}

#[test]
fn whom_sshd_refuses_the_tables_refuse() {
    let sandbox = Sandbox::new("", "");
    let key = host_key(&sandbox);
    let addresses = [
        "10.0.0.1",
        "10.0.1.200",
        "10.0.2.77",
        "10.0.3.255",
        "10.0.4.0",
        "2001:db8:1::1",
        "2001:db8:3::9",
        "203.0.113.5",
    ];
    let (mut count, mut refused) = (0, 0);
    for seed in 0..10 {
        let sandbox = Sandbox::new("", "");
        let path = sandbox.path("sshd_config");
        let text = config(&mut Dice::new(seed + 31), key.to_str().unwrap());
        std::fs::write(&path, &text).unwrap();
        let path = path.to_str().unwrap();
        let ran = sandbox.run(&["import", "sshd", path, "--force"]);
        assert_eq!(ran.code, Some(0), "{}\n{text}", ran.err);
        let questions: Vec<(&str, IpAddr)> = addresses
            .iter()
            .map(|one| ("sshd", one.parse().unwrap()))
            .collect();
        for (address, answer) in addresses.iter().zip(asked(&sandbox, &questions)) {
            let is_refused = is_refused(path, address);
            assert_eq!(
                !answer,
                is_refused,
                "{address}\n{text}\n{:?}",
                sandbox.tables()
            );
            refused += usize::from(is_refused);
            count += 1;
        }
    }
    assert!(refused > 10 && refused + 10 < count, "{refused} of {count}");
    say(&format!(
        "import: sshd: {count} clients, {refused} refused by both, 0 otherwise"
    ));
}

#[test]
fn what_is_not_about_addresses_is_named() {
    let sandbox = Sandbox::new("", "");
    let path = sandbox.path("sshd_config");
    let text = "Include /etc/ssh/sshd_config.d/*.conf\nAllowUsers a@*.example.org\nMatch User b\nDenyUsers *\n";
    std::fs::write(&path, text).unwrap();
    let ran = sandbox.run(&["import", "sshd", path.to_str().unwrap()]);
    assert_eq!(ran.code, Some(2));
    for (line, word) in [(1, "sshd -T"), (2, "UseDNS"), (4, "Match")] {
        let place = format!("/sshd_config:{line}: ");
        let is_said = ran
            .err
            .lines()
            .any(|one| one.contains(&place) && one.contains(word));
        assert!(is_said, "{line}: {}", ran.err);
    }
    assert_eq!(sandbox.tables(), (String::new(), String::new()));
    // With names that sshd looks up, the same list is a domain.
    std::fs::write(
        &path,
        "UseDNS yes\nAllowUsers a@*.example.org b@10.0.0.0/8\n",
    )
    .unwrap();
    let ran = sandbox.run(&["import", "sshd", path.to_str().unwrap(), "--force"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let (allow, deny) = sandbox.tables();
    assert!(
        allow.ends_with("sshd: .example.org 10.0.0.0/8\n"),
        "{allow}"
    );
    assert!(deny.ends_with("sshd: ALL\n"), "{deny}");
}

/// A client with a zone is in no network of sshd, and its text matches patterns.
#[test]
fn link_local_clients_are_refused_as_sshd_refuses_them() {
    let keys = Sandbox::new("", "");
    let key = host_key(&keys);
    for (list, is_remarked) in [
        ("fe80::/10,10.0.0.0/8", true),
        ("fe8?:*,fe9?:*,fea?:*,feb?:*", false),
        ("*,!fe80::/10", true),
        ("*,!fe8?:*", false),
        ("::/0", true),
    ] {
        let sandbox = Sandbox::new("", "");
        let path = sandbox.path("sshd_config");
        let text = format!(
            "HostKey {}\nMatch Address {list}\nDenyUsers *\n",
            key.display()
        );
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        let ran = sandbox.run(&["import", "sshd", path, "--force"]);
        assert_eq!(ran.code, Some(0), "{list}: {}", ran.err);
        assert_eq!(
            ran.err.contains("imported without fe80::/10"),
            is_remarked,
            "{list}"
        );
        for client in ["fe80::7%lo", "fe9f::1%lo", "fec0::1", "10.0.0.1"] {
            let refuses = effective(path, client)
                .lines()
                .any(|line| line == "denyusers *");
            let code = sandbox.run(&["match", "sshd", client]).code;
            assert_eq!(
                code,
                Some(i32::from(refuses)),
                "{list}: {client}\n{:?}",
                sandbox.tables()
            );
        }
    }
    say("import: sshd: link-local clients with their zones are treated as sshd -T says");
}

#[test]
fn values_are_read_as_sshd_reads_them() {
    let deny = |text: &str| {
        let sandbox = Sandbox::new("", "");
        let path = sandbox.path("sshd_config");
        std::fs::write(&path, text).unwrap();
        let ran = sandbox.run(&["import", "sshd", path.to_str().unwrap(), "--force"]);
        let (_, deny) = sandbox.tables();
        let rule = deny
            .lines()
            .find(|line| line.starts_with("sshd"))
            .unwrap_or_default();
        (ran.code, rule.to_owned(), ran.err)
    };
    for (text, wanted) in [
        ("DenyUsers **@10.0.0.0/8\n", "sshd: 10.0.0.0/8"),
        ("DenyUsers ?*@10.0.0.0/8\n", "sshd: 10.0.0.0/8"),
        ("DenyUsers a*@10.0.0.0/8\n", ""),
        (
            "Match Address 10.0.0.0/8\nRefuseConnection YES\n",
            "sshd: 10.0.0.0/8",
        ),
        ("RefuseConnection no\nRefuseConnection yes\n", ""),
    ] {
        let (code, rule, errors) = deny(text);
        assert_eq!((code, &*rule), (Some(0), wanted), "{text}{errors}");
    }
    for (text, said) in [
        ("DenyUsers ??*@10.0.0.0/8\n", "how many users `??*` leaves"),
        (
            "UseDNS no\nUseDNS yes\nAllowUsers a@*.example.org\n",
            "it has no `UseDNS yes`",
        ),
        (
            "RefuseConnection perhaps\n",
            "`perhaps` is neither yes nor no",
        ),
        ("PermitRoot no\n", "`permitroot` is not a keyword of sshd"),
    ] {
        let (code, _, errors) = deny(text);
        assert!(code == Some(2) && errors.contains(said), "{text}{errors}");
    }
    let (code, _, errors) =
        deny("UseDNS YES\nUseDNS no\nAllowUsers a@*.example.org b@10.0.0.0/8\n");
    assert_eq!(code, Some(0), "{errors}");
}
