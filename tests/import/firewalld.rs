//! Zones, policy objects and ipsets as the real firewalld writes them.

use super::firewalls::text;
use super::model::{Dice, Rule, compare, rules};
use crate::editor::Sandbox;
use crate::proof::say;
use std::path::Path;
use std::process::Command;

/// Has firewalld write its files below `folder`.
fn firewalld(folder: &Path, words: &[&str]) {
    let output = Command::new("firewall-offline-cmd")
        .arg("--system-config")
        .arg(folder)
        .args(words)
        .output()
        .unwrap();
    text("firewall-offline-cmd", &output);
}

/// A rule as firewalld reads it, the `number`th of all.
fn rich((number, rule): (usize, &Rule)) -> String {
    let family = if rule.is_six() { "ipv6" } else { "ipv4" };
    let action = if rule.allows { "accept" } else { "drop" };
    let service = if rule.is_ssh {
        "service name=\"ssh\" "
    } else {
        ""
    };
    format!(
        "--add-rich-rule=rule priority=\"{}\" family=\"{family}\" source address=\"{}\" {service}{action}",
        number + 1,
        rule.from
    )
}

#[test]
fn zones_of_firewalld_are_the_same_policy() {
    let sandbox = Sandbox::new("", "");
    let folder = sandbox.path("firewalld");
    std::fs::create_dir(&folder).unwrap();
    let mut rules = rules(&mut Dice::new(11), 12, true);
    for rule in &mut rules {
        rule.is_ssh |= rule.allows;
    }
    firewalld(&folder, &["--new-zone=mine"]);
    firewalld(&folder, &["--zone=mine", "--set-target=ACCEPT"]);
    let rich: Vec<String> = rules.iter().enumerate().map(rich).collect();
    let words = std::iter::once("--zone=mine").chain(rich.iter().map(String::as_str));
    firewalld(&folder, &words.collect::<Vec<_>>());
    let path = folder.join("zones/mine.xml");
    let path = path.to_str().unwrap();
    let ran = sandbox.run(&["import", "firewalld", path, "-d", "sshd=ssh", "--force"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let asked = compare(&sandbox, &rules, true) + closed_zone(&folder);
    say(&format!(
        "import: firewalld: {asked} clients treated as its zones do, 0 wrong"
    ));
}

#[test]
fn policy_objects_come_before_zones_and_zones_with_sources_before_others() {
    let sandbox = Sandbox::new("", "");
    let folder = sandbox.path("firewalld");
    std::fs::create_dir(&folder).unwrap();
    let rich = "--add-rich-rule=rule family=\"ipv4\" source address=\"10.1.0.0/16\" service name=\"ssh\" drop";
    for words in [
        &["--new-zone=closed"][..],
        &["--new-zone=friends"],
        &["--zone=friends", "--set-target=ACCEPT"],
        &["--zone=friends", "--add-source=10.0.0.0/8"],
        &["--new-policy=first"],
        &["--policy=first", "--add-ingress-zone=ANY"],
        &["--policy=first", "--add-egress-zone=HOST"],
        &["--policy=first", rich],
        &["--new-policy=out"],
        &["--policy=out", "--add-ingress-zone=HOST"],
        &["--policy=out", "--add-egress-zone=ANY"],
        &["--new-policy=some"],
        &["--policy=some", "--add-ingress-zone=friends"],
        &["--policy=some", "--add-egress-zone=HOST"],
    ] {
        firewalld(&folder, words);
    }
    let files = [
        "zones/closed.xml",
        "zones/friends.xml",
        "policies/out.xml",
        "policies/first.xml",
        "policies/some.xml",
    ];
    let files = files.map(|name| folder.join(name).to_str().unwrap().to_owned());
    let mut words = vec!["import", "firewalld"];
    words.extend(files.iter().map(String::as_str));
    words.extend(["-d", "sshd=ssh", "--force"]);
    let ran = sandbox.run(&words);
    assert!(
        ran.code == Some(2) && ran.err.contains("clients of some zones only"),
        "{}",
        ran.err
    );
    words.retain(|word| !word.ends_with("some.xml"));
    let ran = sandbox.run(&words);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(
        ran.err
            .contains("out.xml: it is about what is forwarded or sent"),
        "{}",
        ran.err
    );
    let rule = |allows, from: &str, is_ssh| Rule {
        allows,
        from: from.to_owned(),
        is_ssh,
    };
    let model = [
        rule(false, "10.1.0.0/16", true),
        rule(true, "10.0.0.0/8", false),
    ];
    compare(&sandbox, &model, false);
}

/// In which zone without sources a client is, the interface and the default zone decide.
#[test]
fn of_several_zones_without_sources_the_default_one_is_asked() {
    let sandbox = Sandbox::new("", "");
    let folder = sandbox.path("firewalld");
    std::fs::create_dir(&folder).unwrap();
    for words in [
        &["--new-zone=closed"][..],
        &["--new-zone=wide"],
        &["--zone=wide", "--set-target=ACCEPT"],
        &["--new-zone=office"],
        &["--zone=office", "--add-source=10.0.0.0/8"],
        &["--zone=office", "--add-service=ssh"],
    ] {
        firewalld(&folder, words);
    }
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let zones = ["closed", "wide", "office"].map(|name| path(&format!("zones/{name}.xml")));
    let run = |more: &[&str]| {
        let sandbox = Sandbox::new("", "");
        let mut words = vec!["import", "firewalld"];
        words.extend(zones.iter().map(String::as_str));
        words.extend(more);
        words.extend(["-d", "sshd=ssh", "--force"]);
        let ran = sandbox.run(&words);
        let asked = ["10.0.0.1", "192.0.2.7"].map(|one| sandbox.run(&["match", "sshd", one]).code);
        (ran, asked)
    };
    let (ran, _) = run(&[]);
    assert!(
        ran.code == Some(2) && ran.err.contains("the zones closed, wide have no sources"),
        "{}",
        ran.err
    );
    let config = path("firewalld.conf");
    for (default, wanted) in [
        ("closed", [Some(0), Some(1)]),
        ("wide", [Some(0), Some(0)]),
        ("office", [Some(0), Some(0)]),
    ] {
        std::fs::write(
            &config,
            format!("# firewalld config file\nDefaultZone={default}\n"),
        )
        .unwrap();
        let (ran, asked) = run(&[&config]);
        assert_eq!(ran.code, Some(0), "{default}: {}", ran.err);
        assert_eq!(asked, wanted, "{default}");
        assert!(ran.err.contains("is not the default zone"), "{}", ran.err);
    }
    std::fs::write(&config, "DefaultZone=public\n").unwrap();
    let (ran, _) = run(&[&config]);
    assert!(
        ran.code == Some(2)
            && ran
                .err
                .contains("the default zone is `public`, which is not among the files"),
        "{}",
        ran.err
    );
}

/// A zone for the clients of an ipset, whose target refuses; gives how many questions were asked.
fn closed_zone(folder: &Path) -> usize {
    let sandbox = Sandbox::new("", "");
    for words in [
        &["--new-ipset=home", "--type=hash:net"][..],
        &["--ipset=home", "--add-entry=10.0.0.0/21"],
        &["--new-zone=home2"],
        &["--zone=home2", "--add-source=ipset:home"],
        &["--zone=home2", "--add-service=ssh"],
    ] {
        firewalld(folder, words);
    }
    let files = ["zones/home2.xml", "ipsets/home.xml"].map(|name| folder.join(name));
    let [zone, set] = files.each_ref().map(|path| path.to_str().unwrap());
    let ran = sandbox.run(&["import", "firewalld", zone, "-d", "sshd=ssh"]);
    let is_named = ran.err.contains("the ipset `home` is not here");
    assert!(ran.code == Some(2) && is_named, "{}", ran.err);
    let ran = sandbox.run(&["import", "firewalld", zone, set, "-d", "sshd=ssh"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let home = |allows, is_ssh| Rule {
        allows,
        from: "10.0.0.0/21".to_owned(),
        is_ssh,
    };
    compare(&sandbox, &[home(true, true), home(false, false)], true)
}
