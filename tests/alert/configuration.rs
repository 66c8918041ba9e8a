//! What a broken configuration says.

use super::stage::Stage;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn mistakes_are_told_with_file_line_and_column() {
    for (text, words) in [
        (
            "[mail]\nto = 'x'\n",
            "tcpw.toml:2:6: `mail.to`: \"x\" has no @",
        ),
        (
            "[mail]\n\nfrm = 'x'\n",
            "tcpw.toml:3:1: unknown key `frm` in [mail]",
        ),
        ("[mail]\nto = \n", "tcpw.toml:2:6: "),
    ] {
        let stage = Stage::configured(text);
        for command in [["mail", "test"].as_slice(), &["deliver"]] {
            stage.run(command).says(2, &[words, "tcpw.toml(5)"]);
        }
    }
}

#[test]
fn a_password_that_others_can_read_is_refused() {
    let stage = Stage::configured(
        "[mail]\nto = 'a@b'\n[mail.smtp]\nhost = 'h'\nusername = 'u'\npassword = 'geheim'\n",
    );
    let open = fs::Permissions::from_mode(0o640);
    fs::set_permissions(stage.path("etc/tcpw.toml"), open).unwrap();
    let ran = stage.run(&["mail", "test"]);
    ran.says(2, &["holds a password", "mode 640", "chmod 600"]);
    assert!(!ran.err.contains("geheim"));
}

#[test]
fn a_named_configuration_must_exist() {
    let stage = Stage::new();
    stage
        .run(&["--config", "/nonexistent/x.toml", "deliver"])
        .says(2, &["there is no configuration /nonexistent/x.toml"]);
    stage.run(&["deliver"]).says(0, &["collected 0"]);
}
