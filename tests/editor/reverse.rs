//! `open` and `remove-alert` give back what `deny-all` and `install-alert` found.

use super::sandbox::Sandbox;

fn run(sandbox: &Sandbox, command: &str) -> String {
    let ran = sandbox.run(&[command]);
    assert_eq!(ran.code, Some(0), "{command}: {}", ran.err);
    ran.out
}

#[test]
fn deny_all_and_open() {
    for deny in ["", "# mine\n", "sshd: 10.1.\n# end\n"] {
        let sandbox = Sandbox::new("ALL: 0.0.0.1\n", deny);
        let before = sandbox.tables();
        run(&sandbox, "deny-all");
        assert_ne!(sandbox.tables(), before);
        assert!(run(&sandbox, "open").contains("changed /etc/hosts.deny\n"));
        assert_eq!(sandbox.tables(), before);
        assert_eq!(run(&sandbox, "open"), "nothing to change\n");
    }
}

#[test]
fn install_alert_and_remove_alert() {
    for (allow, deny, after) in [
        ("ALL: 0.0.0.1\n", "ALL: ALL\n", "ALL: ALL\n"),
        ("ALL: 0.0.0.1\n", "ALL: ALL: deny\n", "ALL: ALL\n"),
        (
            "ALL: 0.0.0.1\n",
            "ALL: ALL: spawn x\n# end\n",
            "ALL: ALL: spawn x\n# end\n",
        ),
        ("ALL: 0.0.0.1\nALL: ALL: deny\n", "", ""),
        ("ALL: 0.0.0.1\n", "# mine\n", "# mine\nALL: ALL\n"),
    ] {
        let sandbox = Sandbox::new(allow, deny);
        let ran = sandbox.run(&["install-alert", "--force"]);
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert!(sandbox.tables().0.contains("/tcpw-notify "));
        run(&sandbox, "remove-alert");
        assert_eq!(sandbox.tables(), (allow.to_owned(), after.to_owned()));
        assert_eq!(run(&sandbox, "remove-alert"), "nothing to change\n");
    }
    // Somebody else's commands stay.
    let foreign = "ALL: UNKNOWN: spawn /bin/mail -s %a root : deny\n";
    let sandbox = Sandbox::new(foreign, "ALL: ALL: spawn logger %a : deny\n");
    assert_eq!(run(&sandbox, "remove-alert"), "nothing to change\n");
}

#[test]
fn open_says_what_still_refuses() {
    let sandbox = Sandbox::new(
        "ALL: 0.0.0.1\nALL: ALL: deny\n",
        "ALL: ALL\nsshd: 10.1.\nall :ALL\n",
    );
    let out = run(&sandbox, "open");
    let line = "unlisted clients are still denied, by /etc/hosts.allow:2: `ALL: ALL: deny`\n";
    assert!(out.starts_with(line), "{out}");
    assert_eq!(sandbox.tables().1, "sshd: 10.1.\n");
}
