//! The pages of tcpw itself and of the commands that set up, and of those that are run by others.

use super::page::{CHANGED, DONE, Page};

/// The pages.
pub(super) const PAGES: &[Page] = &[
    Page {
        command: "",
        examples: &[
            ("tcpw allow 192.0.2.7 -d sshd", "Let one client in"),
            ("tcpw list", "Who is allowed and denied"),
            ("tcpw match sshd 198.51.100.9", "May this client connect?"),
            ("tcpw undo", "Undo the last change"),
        ],
        exit: &[
            ("0", "done, clean or granted"),
            ("1", "findings, or denied"),
            ("2", "it could not be done, or not looked at"),
        ],
    },
    Page {
        command: "setup",
        examples: &[
            (
                "tcpw setup --allow 192.0.2.0/24 --no-mail -n",
                "Show what would be set up, and write nothing",
            ),
            (
                "tcpw setup --allow 192.0.2.0/24 --no-mail",
                "Let one network in, refuse the rest, raise alerts",
            ),
        ],
        exit: &[
            ("0", "done; with --check: all is as the options say"),
            (
                "1",
                "done, but the test mail was not sent; with --check: something would change",
            ),
            ("2", "refused, or not possible"),
        ],
    },
    Page {
        command: "install-alert",
        examples: &[
            (
                "tcpw install-alert -n",
                "Show the rules that would be written",
            ),
            (
                "tcpw install-alert --on unlisted",
                "One rule, for everybody who is on no list",
            ),
            (
                "tcpw install-alert --cron",
                "With lines of cron that deliver and expire",
            ),
        ],
        exit: CHANGED,
    },
    Page {
        command: "remove-alert",
        examples: &[("tcpw remove-alert", "No more alerts; access stays as it is")],
        exit: CHANGED,
    },
    Page {
        command: "uninstall",
        examples: &[
            ("tcpw uninstall -n", "Show what would be removed"),
            ("tcpw uninstall", "No alert, schedule or unit is left"),
        ],
        exit: &[
            (
                "0",
                "done, and access is as it was; with --check: nothing needs tcpw",
            ),
            (
                "1",
                "a rule written by hand still runs tcpw; with --check: any rule does, or a change waits",
            ),
            ("2", "refused, or not possible"),
        ],
    },
    Page {
        command: "metrics",
        examples: &[(
            "tcpw metrics --output tcpw.prom",
            "For the textfile collector of Prometheus",
        )],
        exit: &[
            ("0", "written"),
            ("2", "something could not be looked at or written"),
        ],
    },
    Page {
        command: "demo",
        examples: &[("tcpw demo", "Try it all, without changing anything")],
        exit: DONE,
    },
    Page {
        command: "deliver",
        examples: &[("tcpw deliver", "Collect what is recorded and send mails")],
        exit: &[
            ("0", "the queue is empty"),
            ("1", "something is not delivered yet"),
            ("2", "the journal or a drop directory cannot be used"),
        ],
    },
    Page {
        command: "expire",
        examples: &[
            ("tcpw expire", "Remove the rules whose time is over"),
            ("tcpw expire -n", "Show which ones they are"),
        ],
        exit: &[
            ("0", "done, or there was nothing to remove"),
            ("1", "a rule may stay too long: its comment is unclear"),
            ("2", "refused, or not possible; nothing was written"),
        ],
    },
    Page {
        command: "notify",
        examples: &[(
            "tcpw notify --addr 192.0.2.9 -d sshd -- 192.0.2.9",
            "What an alert rule runs: records one event",
        )],
        exit: &[
            ("0", "the event is recorded"),
            ("74", "nobody could be told: the event is lost"),
            ("75", "only the system log has the event"),
        ],
    },
    Page {
        command: "parse",
        examples: &[
            (
                "tcpw parse /etc/hosts.allow",
                "Token by token, as libwrap reads it",
            ),
            ("tcpw parse --format json /etc/hosts.deny", "For programs"),
        ],
        exit: DONE,
    },
    Page {
        command: "completions",
        examples: &[(
            "tcpw completions bash > tcpw.bash",
            "A script that bash can source",
        )],
        exit: DONE,
    },
];
