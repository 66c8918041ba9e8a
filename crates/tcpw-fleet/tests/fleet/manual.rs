//! The manual page says what the program takes.

use std::fs;

#[test]
fn every_command_and_option_is_described() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/man/tcpw-fleet.8");
    let page = fs::read_to_string(path).unwrap();
    let mut known = Vec::new();
    for command in tcpw_fleet::cli::definition().get_subcommands() {
        let name = command.get_name();
        assert!(page.contains(&format!(".It Cm {name}\n")), "{name}");
        known.extend(
            command
                .get_arguments()
                .filter_map(|it| it.get_long())
                .map(str::to_owned),
        );
    }
    known.push("config".to_owned());
    for option in &known {
        assert!(page.contains(&format!(".It Fl -{option}")), "{option}");
    }
    for line in page
        .lines()
        .filter_map(|line| line.strip_prefix(".It Fl -"))
    {
        let option = line.split(' ').next().unwrap();
        assert!(known.iter().any(|one| one == option), "{option}");
    }
}
