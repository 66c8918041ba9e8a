//! Words that people type, and which command they mean. Those that only look are other names of
//! their commands, in the definition; whatever writes is named, and not run.

/// Words, and what to type.
const WORDS: [(&[&str], &str); 14] = [
    (
        &[
            "add",
            "permit",
            "grant",
            "accept",
            "whitelist",
            "enable",
            "trust",
        ],
        "`tcpw allow CLIENT` lets a client in; `tcpw deny CLIENT` keeps one out",
    ),
    (
        &[
            "block",
            "ban",
            "drop",
            "reject",
            "refuse",
            "blacklist",
            "blocklist",
            "disable",
        ],
        "`tcpw deny CLIENT` keeps a client out; `tcpw deny-all` everybody who is not allowed",
    ),
    (
        &[
            "unban", "unblock", "delete", "del", "remove", "rm", "erase", "unallow", "undeny",
        ],
        "`tcpw revoke CLIENT` removes a client from every list; `tcpw undo` undoes the last change",
    ),
    (
        &["check", "verify", "validate", "audit", "analyse", "analyze"],
        "`tcpw lint` finds mistakes; `tcpw match DAEMON CLIENT` asks about one client; `tcpw test` \
         checks what a file expects",
    ),
    (
        &["who", "why", "query", "ask", "lookup", "trace", "can"],
        "`tcpw match DAEMON CLIENT --explain` says who may connect, and by which rule",
    ),
    (
        &["close", "lock", "lockdown", "default-deny", "denyall"],
        "`tcpw deny-all` denies everybody who is not allowed",
    ),
    (
        &["unlock", "allow-all", "allowall", "flush", "reset", "clear"],
        "`tcpw open` allows everybody who is not denied",
    ),
    (
        &["log", "logs", "tail", "watch", "alerts"],
        "`tcpw events` shows who was refused, `tcpw events --follow` as it happens; `tcpw history` \
         lists changes of the tables",
    ),
    (
        &["revert", "rollback-last", "restore", "back"],
        "`tcpw undo` undoes the last change; `tcpw history` lists them",
    ),
    (
        &["commit", "keep", "ok", "yes"],
        "`tcpw confirm` confirms a change that was made with --confirm-within",
    ),
    (
        &["format", "tidy", "style"],
        "`tcpw fmt` brings both tables into one style; `tcpw fmt --check` only looks",
    ),
    (
        &["install", "init", "configure", "config", "wizard", "start"],
        "`tcpw setup` sets everything up; tcpw.toml(5) describes the configuration",
    ),
    (
        &["alert", "alarm", "notify-me", "email", "sendmail"],
        "`tcpw install-alert` raises alerts for refused clients; `tcpw mail test` sends a test mail",
    ),
    (
        &["ignore", "silence", "quiet"],
        "`tcpw mute CLIENT` sends no more alerts about a client",
    ),
];

/// What to type in place of a word.
pub(super) fn hint(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_lowercase();
    let of = |(words, hint): &(&[&str], &'static str)| words.contains(&&*word).then_some(*hint);
    WORDS.iter().find_map(of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_to_their_commands_and_no_word_twice() {
        assert!(hint("BAN").is_some_and(|hint| hint.contains("`tcpw deny CLIENT`")));
        assert!(hint("unban").is_some_and(|hint| hint.contains("`tcpw revoke CLIENT`")));
        assert_eq!(hint("frobnicate"), None);
        let mut all: Vec<&str> = WORDS
            .iter()
            .flat_map(|(words, _)| *words)
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
