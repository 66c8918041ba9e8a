//! Whatever is in a file that is imported, there is an answer; a rule that comes of it is one rule, which
//! stays one when it is written and is no longer than libwrap reads.
//!
//! Input: a byte that picks the form, one for the options, and the file.

use std::path::PathBuf;
use tcpw::import::{DaemonPort, EntryVerdict, SourceForm, Terms, import};
use tcpw::syntax::parse;

/// Panics where that does not hold.
pub(crate) fn run(bytes: &[u8]) {
    let [form, options, text @ ..] = bytes else {
        return;
    };
    let forms = SourceForm::ALL;
    let form = forms[usize::from(*form) % forms.len()];
    let thread = format!("{:?}", std::thread::current().id());
    let name = format!("tcpw-fuzz-{}-{thread}", std::process::id());
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).unwrap();
    let found = import(&[PathBuf::from(&path)], &terms(form, *options));
    std::fs::remove_file(&path).unwrap();
    let Ok(found) = found else {
        return;
    };
    // Rows of CSV and of cPanel are words of tables already, which `tcpw apply` checks.
    if matches!(form, SourceForm::Csv | SourceForm::Cpanel) {
        return;
    }
    for rule in &found.rules {
        let text = format!("{}: {}\n", rule.daemons, rule.clients);
        let tree = parse(text.as_bytes());
        assert_eq!(tree.lines().count(), 1, "{text}");
        assert!(tree.broken_line().is_none() && text.len() < 2046, "{text}");
        assert!(!text.contains(['#', '\\', '\0']), "{text}");
        let words = [&rule.by, &rule.reason];
        let is_line = |word: &str| !word.contains(char::is_control);
        assert!(
            words.into_iter().flatten().all(|word| is_line(word)),
            "{rule:?}"
        );
    }
}

fn terms(form: SourceForm, options: u8) -> Terms {
    let port = |port: &str| DaemonPort {
        daemon: "sshd".to_owned(),
        port: port.to_owned(),
    };
    Terms {
        form,
        verdict: match options & 3 {
            0 => Some(EntryVerdict::Allow),
            1 => Some(EntryVerdict::Deny),
            _ => None,
        },
        daemons: Vec::new(),
        ports: vec![port("22"), port("ssh")],
        set: None,
        chain: None,
        column: (options & 4 != 0).then(|| "1".to_owned()),
        keeps_comments: options & 8 != 0,
        now: 1_800_000_000,
        most_notes: 3,
    }
}
