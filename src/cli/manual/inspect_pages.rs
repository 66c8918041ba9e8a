//! The pages of the commands that only look.

use super::page::{DONE, Page};

/// The pages.
pub(super) const PAGES: &[Page] = &[
    Page {
        command: "status",
        examples: &[
            ("tcpw status", "How things stand, on one screen"),
            ("tcpw status --format nagios", "For monitoring"),
        ],
        exit: &[
            ("0", "all is well"),
            ("1", "there are problems"),
            ("2", "something could not be looked at"),
            ("3", "the same with --format nagios"),
        ],
    },
    Page {
        command: "doctor",
        examples: &[
            ("tcpw doctor", "Which daemons ask libwrap at all?"),
            ("tcpw doctor sshd --explain", "One of them, and why"),
        ],
        exit: &[
            ("0", "nothing is wrong; with a name: it asks"),
            (
                "1",
                "a rule binds nobody, or a daemon has none; with a name: it does not ask",
            ),
            ("2", "it cannot be told"),
            ("3", "the same with --format nagios"),
        ],
    },
    Page {
        command: "match",
        examples: &[
            ("tcpw match sshd 192.0.2.7", "May this client connect?"),
            (
                "tcpw match sshd 192.0.2.7 --explain",
                "With every rule that was considered",
            ),
            (
                "tcpw match sshd 192.0.2.7 --name pc.example.org",
                "If this is its name",
            ),
        ],
        exit: &[
            ("0", "granted"),
            ("1", "denied"),
            ("2", "undetermined, or the tables cannot be read"),
        ],
    },
    Page {
        command: "lint",
        examples: &[
            ("tcpw lint", "Both tables, judged together"),
            (
                "tcpw lint /etc/hosts.deny --format short",
                "One file, a line each",
            ),
            ("tcpw lint --fix -n", "Show the safe repairs"),
        ],
        exit: &[
            ("0", "nothing as bad as --fail-on"),
            ("1", "such findings; with -n, repairs that would be made"),
            ("2", "a file cannot be read or repaired"),
        ],
    },
    Page {
        command: "audit",
        examples: &[
            ("tcpw audit --profile list", "Which benchmarks there are"),
            (
                "tcpw audit --profile GEN006620",
                "As its scanner looks, and as libwrap acts",
            ),
            (
                "tcpw audit -p GEN006620 -p GEN005540 --format junit",
                "For build servers",
            ),
            (
                "tcpw audit --profile GEN006620 --fix -n",
                "Show what would be changed, and write nothing",
            ),
        ],
        exit: &[
            ("0", "everything passes, by the scanner and by libwrap"),
            ("1", "something fails by one of both"),
            (
                "2",
                "nothing fails, but something cannot be told; or the change was refused",
            ),
        ],
    },
    Page {
        command: "explain",
        examples: &[
            ("tcpw explain TW301", "What a code of tcpw lint means"),
            ("tcpw explain host-bits-set", "The same by its name"),
        ],
        exit: DONE,
    },
    Page {
        command: "test",
        examples: &[(
            "tcpw test expected.txt",
            "Do the tables do what is expected?",
        )],
        exit: &[
            ("0", "all expectations hold"),
            ("1", "some fail, or a file has none"),
            ("2", "a file cannot be read, or a verdict is undetermined"),
        ],
    },
    Page {
        command: "diff",
        examples: &[
            ("tcpw diff /etc tables/", "Who gains and who loses access"),
            ("tcpw diff /etc tables/ -d sshd", "For one daemon"),
        ],
        exit: &[
            ("0", "nobody gains or loses access"),
            ("1", "somebody does"),
            ("2", "the tables cannot be read or compared"),
        ],
    },
    Page {
        command: "export",
        examples: &[
            (
                "tcpw export --to nftables -d sshd=22 --output tcpw.nft",
                "A table of nftables for the port of sshd",
            ),
            (
                "tcpw export --to nftables -d sshd=22 --check tcpw.nft",
                "Does it still say what the tables say?",
            ),
            (
                "tcpw export --to firewalld -d sshd=22 --output fw",
                "A policy object of firewalld and its ipsets",
            ),
            (
                "tcpw export --to systemd -d sshd=ssh.service --partial=allow",
                "Lists for the unit of sshd, which may still reach its own host",
            ),
            (
                "tcpw export --to sshd --sshd-version 9.9",
                "A file for sshd_config.d",
            ),
            (
                "tcpw export --to json",
                "The rules, as tcpw apply reads them",
            ),
        ],
        exit: &[
            ("0", "everything is said; with --check: the same"),
            (
                "1",
                "written with --partial, and something is not; with --check: it differs",
            ),
            (
                "2",
                "it cannot be said or written, or the tables cannot be read",
            ),
        ],
    },
    Page {
        command: "events",
        examples: &[
            ("tcpw events --since 24h", "The last day"),
            ("tcpw events --addr 192.0.2.0/24 --limit 10", "One network"),
            ("tcpw events -d sshd --format csv", "For a spreadsheet"),
        ],
        exit: &[
            ("0", "the events of the journal are shown"),
            ("1", "shown, but something waits and nobody delivers"),
            ("2", "the journal or a drop directory cannot be read"),
        ],
    },
    Page {
        command: "report",
        examples: &[
            ("tcpw report --since 7d", "The last week, in numbers"),
            (
                "tcpw report --format html --output report.html",
                "For a browser",
            ),
        ],
        exit: &[
            ("0", "the report is written"),
            ("1", "written, but something waits and nobody delivers"),
            ("2", "the journal or a log cannot be read"),
        ],
    },
];
