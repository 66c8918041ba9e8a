//! The pages of the commands that change tables, list them or go back.

use super::page::{CHANGED, DONE, Page};

/// The pages.
pub(super) const PAGES: &[Page] = &[
    Page {
        command: "list",
        examples: &[
            ("tcpw list", "Every rule, and what happens to all others"),
            ("tcpw list 192.0.2.7", "All that concerns one client"),
            ("tcpw list -d sshd", "The rules for one daemon"),
            (
                "tcpw list --format json",
                "For programs, and for tcpw apply",
            ),
        ],
        exit: DONE,
    },
    Page {
        command: "allow",
        examples: &[
            ("tcpw allow 192.0.2.7 -d sshd", "One client, for ssh alone"),
            (
                "tcpw allow 192.0.2.0/24 .example.org -n",
                "Show the change, and write nothing",
            ),
            (
                "tcpw allow 192.0.2.9 --for 24h --reason audit",
                "For a day, and why",
            ),
            (
                "tcpw allow 192.0.2.9 --confirm-within 5m",
                "Roll back unless confirmed from a new login",
            ),
            (
                "tcpw allow --follow home.dyn.example.org -d sshd",
                "A home whose address changes",
            ),
        ],
        exit: CHANGED,
    },
    Page {
        command: "deny",
        examples: &[
            (
                "tcpw deny 198.51.100.9",
                "Keep a client out of every daemon",
            ),
            ("tcpw deny --from list.txt -d sshd", "All clients of a file"),
            ("tcpw deny 198.51.100.9 --for 1h", "For an hour"),
        ],
        exit: CHANGED,
    },
    Page {
        command: "revoke",
        examples: &[
            ("tcpw revoke 192.0.2.7", "Off every list"),
            ("tcpw revoke 192.0.2.7 -d sshd", "Only for ssh"),
            (
                "tcpw revoke home.dyn.example.org",
                "What a name stands for, followed or not",
            ),
            (
                "tcpw revoke 192.0.2.7 --by fail2ban/sshd",
                "Only what this author wrote",
            ),
        ],
        exit: CHANGED,
    },
    Page {
        command: "deny-all",
        examples: &[
            ("tcpw deny-all -n", "Show who would lose access"),
            (
                "tcpw deny-all --confirm-within 5m",
                "Close the door, and open it again if you are out",
            ),
        ],
        exit: CHANGED,
    },
    Page {
        command: "open",
        examples: &[("tcpw open", "Let in whoever is not denied")],
        exit: CHANGED,
    },
    Page {
        command: "edit",
        examples: &[("tcpw edit deny", "Opens hosts.deny in your editor")],
        exit: &[
            ("0", "written, or nothing was changed in the editor"),
            ("2", "discarded, refused or not possible"),
        ],
    },
    Page {
        command: "apply",
        examples: &[
            ("tcpw apply wanted.json --check", "Do the tables match?"),
            ("tcpw apply wanted.json", "Make them match"),
            ("tcpw apply tables/ -n", "From a directory; write nothing"),
            ("tcpw apply --schema rules", "What a list of rules may hold"),
        ],
        exit: &[
            ("0", "the tables match"),
            ("1", "with --check: they do not match"),
            ("2", "refused, or not possible; nothing was written"),
        ],
    },
    Page {
        command: "import",
        examples: &[
            (
                "tcpw import lines bans.txt --into deny -n",
                "What a list would change",
            ),
            (
                "tcpw import ufw user.rules -d sshd=22",
                "The rules of ufw for port 22, as rules for sshd",
            ),
            (
                "tcpw import sshd sshd_config --print",
                "As a list for tcpw apply",
            ),
            (
                "tcpw import lines bans.txt --into deny --check",
                "Are the rules there?",
            ),
        ],
        exit: &[
            ("0", "the rules are there, or there was nothing to import"),
            ("1", "with --check: some are missing"),
            (
                "2",
                "something was not understood, refused, or not possible; nothing was written",
            ),
        ],
    },
    Page {
        command: "fmt",
        examples: &[
            ("tcpw fmt", "One style, the same verdicts"),
            ("tcpw fmt --check", "Only look: for continuous integration"),
        ],
        exit: &[
            ("0", "done, or there is nothing to change"),
            ("1", "with --check or -n: something would change"),
            ("2", "refused, or not possible; nothing was written"),
        ],
    },
    Page {
        command: "set",
        examples: &[
            ("tcpw set build bans.set bans.txt", "Lists become one file"),
            ("tcpw set show bans.set", "What is in it"),
        ],
        exit: &[
            ("0", "done; with an address: it is in the set"),
            ("1", "the address is not in the set"),
            (
                "2",
                "a list or the set cannot be read, understood or written",
            ),
        ],
    },
    Page {
        command: "set build",
        examples: &[
            (
                "tcpw set build bans.set bans.txt drop.json",
                "Two lists become one file",
            ),
            (
                "tcpw set build bans.set bans.ipset",
                "What `ipset save bans` printed, with its timeouts",
            ),
            (
                "tcpw set build bans.set feed.csv --column ip -n",
                "Read a column of CSV, and write nothing",
            ),
        ],
        exit: &[
            ("0", "the set is written"),
            (
                "2",
                "a list cannot be read or understood, or shrank: the old set stays",
            ),
        ],
    },
    Page {
        command: "set show",
        examples: &[
            (
                "tcpw set show bans.set",
                "From which lists, how many, how old",
            ),
            (
                "tcpw set show bans.set 192.0.2.7",
                "Is this address in it, and why?",
            ),
        ],
        exit: &[
            ("0", "the set is whole; with an address: it is in it"),
            ("1", "the address is not in it"),
            ("2", "it cannot be read, is damaged or is not a set"),
        ],
    },
    Page {
        command: "compact",
        examples: &[
            ("tcpw compact -n", "Show what would be packed"),
            ("tcpw compact", "Fewer rules, the same verdicts"),
            (
                "tcpw compact --into file",
                "What fills more than a line goes into a list file",
            ),
            (
                "tcpw compact --into gate -n",
                "What fills more than a line would go into a compiled set, asked through tcpw-gate",
            ),
            (
                "tcpw compact --prune",
                "Remove lists and sets that no table and no change of the history names",
            ),
            (
                "tcpw compact --check",
                "Only look: 1 if there is something to pack",
            ),
        ],
        exit: &[
            ("0", "done, or there is nothing to change"),
            ("1", "with --check or -n: something would change"),
            ("2", "refused, or not possible; nothing was written"),
        ],
    },
    Page {
        command: "compile",
        examples: &[
            (
                "tcpw compile",
                "Decisions look at a few rules of a long table",
            ),
            (
                "tcpw compile --check",
                "Only look: 1 if a table was changed by hand since",
            ),
            ("tcpw compile --remove", "Decisions read the tables again"),
        ],
        exit: &[
            (
                "0",
                "done; with --check: every table is compiled as it is now",
            ),
            (
                "1",
                "with --check: the compiled form of a table is missing, out of date or damaged",
            ),
            ("2", "not possible; the tables are read"),
        ],
    },
    Page {
        command: "history",
        examples: &[
            ("tcpw history", "Every change, the newest last"),
            ("tcpw history --format json", "For programs"),
        ],
        exit: DONE,
    },
    Page {
        command: "show",
        examples: &[
            ("tcpw show", "The newest change"),
            ("tcpw show 1", "The change with this number"),
        ],
        exit: DONE,
    },
    Page {
        command: "undo",
        examples: &[
            ("tcpw undo", "Undo the newest change"),
            ("tcpw undo 1 -n", "Show what undoing this one would do"),
        ],
        exit: CHANGED,
    },
    Page {
        command: "redo",
        examples: &[("tcpw redo", "Make the change again that was undone last")],
        exit: CHANGED,
    },
    Page {
        command: "confirm",
        examples: &[("tcpw confirm WORD", "With the word that the change printed")],
        exit: &[
            ("0", "the change stays"),
            ("2", "no change waits, or this does not confirm it"),
        ],
    },
];
