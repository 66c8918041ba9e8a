//! The manual pages are made from the definition of the commands: a page for each, and none that
//! is out of date. `TCPW_UPDATE=1 cargo test manual` writes them again.

use std::collections::BTreeMap;
use std::path::Path;

/// Every page, by file name.
fn pages() -> BTreeMap<String, Vec<u8>> {
    let mut definition = tcpw::cli::definition().disable_help_subcommand(true);
    definition.build();
    let mut pages = BTreeMap::new();
    add_pages(&definition, "tcpw", &mut pages);
    pages
}

fn add_pages(command: &clap::Command, name: &str, pages: &mut BTreeMap<String, Vec<u8>>) {
    let plain = command
        .clone()
        .after_long_help(clap::builder::Resettable::Reset)
        .help_template("{all-args}");
    let page = clap_mangen::Man::new(plain)
        .title(name)
        .manual("tcpw manual")
        .source(format!("tcpw {}", env!("CARGO_PKG_VERSION")));
    let mut bytes = Vec::new();
    page.render(&mut bytes).unwrap();
    let more = command.get_after_long_help().map(ToString::to_string);
    let more = more.unwrap_or_default();
    bytes.extend_from_slice(sections(&more).as_bytes());
    pages.insert(format!("{name}.1"), bytes);
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        add_pages(sub, &format!("{name}-{}", sub.get_name()), pages);
    }
}

/// Examples and exit codes as sections: an example and what it does, a code and what it means.
fn sections(text: &str) -> String {
    let escaped = |text: &str| text.replace('\\', "\\e").replace('-', "\\-");
    let mut page = String::new();
    for line in text.lines() {
        if line == "Examples:" {
            page.push_str(".SH EXAMPLES\n");
        } else if line == "Exit status:" {
            page.push_str(".SH \"EXIT STATUS\"\n");
        } else if let Some(what) = line.strip_prefix("      ") {
            page.extend([&escaped(what.trim()), "\n"]);
        } else if let Some(line) = line.strip_prefix("  ") {
            let (head, what) = match line.split_once(' ') {
                Some((code, what)) if code.parse::<u8>().is_ok() => (code, Some(what.trim())),
                _ => (line, None),
            };
            page.extend([".TP\n\\fB", &escaped(head), "\\fR\n"]);
            page.extend(what.map(|what| format!("{}\n", escaped(what))));
        }
    }
    page
}

#[test]
fn the_pages_are_those_of_the_definition() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let update = std::env::var_os("TCPW_UPDATE").is_some();
    let mut there: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".1"))
        .collect();
    for (name, page) in pages() {
        let path = folder.join(&name);
        if update {
            std::fs::write(&path, &page).unwrap();
        }
        let found = std::fs::read(&path).unwrap_or_default();
        assert!(
            found == page,
            "man/{name} is out of date: TCPW_UPDATE=1 cargo test manual"
        );
        there.retain(|file| *file != name);
    }
    assert!(
        there.is_empty(),
        "pages of commands that are no more: {there:?}"
    );
}

#[test]
fn every_option_is_in_its_help_and_on_its_page() {
    let pages = pages();
    let mut definition = tcpw::cli::definition().disable_help_subcommand(true);
    definition.build();
    check(&mut definition, "tcpw", &pages);
}

fn check(command: &mut clap::Command, name: &str, pages: &BTreeMap<String, Vec<u8>>) {
    let page = String::from_utf8(pages[&format!("{name}.1")].clone())
        .unwrap()
        .replace("\\-", "-");
    let help = command.render_long_help().to_string();
    for option in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
        let flag = option.get_long().map(|long| format!("--{long}"));
        let shown = flag.unwrap_or_else(|| option.get_id().to_string().to_uppercase());
        let shown = option
            .get_value_names()
            .filter(|_| option.is_positional())
            .map_or(shown, |n| n[0].to_string());
        assert!(help.contains(&shown), "{name} --help lacks {shown}");
        assert!(page.contains(&shown), "man/{name}.1 lacks {shown}");
        assert!(option.get_help().is_some(), "{name}: {shown} has no help");
    }
    assert!(
        command.get_about().is_some(),
        "{name} says nothing about itself"
    );
    let names: Vec<String> = command
        .get_subcommands()
        .filter(|sub| !sub.is_hide_set())
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for sub in names {
        check(
            command.find_subcommand_mut(&sub).unwrap(),
            &format!("{name}-{sub}"),
            pages,
        );
    }
}

#[test]
fn every_page_is_good_roff() {
    for (name, page) in pages() {
        let text = String::from_utf8(page).unwrap();
        assert!(text.contains(".TH "), "{name} has no title");
        assert!(text.contains(".SH SYNOPSIS"), "{name} has no synopsis");
    }
}
