//! The pages of the commands about mail.

use super::page::{DONE, Page};

/// Of commands that look at the queue.
const LOOKED: &[(&str, &str)] = &[
    ("0", "nothing was given up, and what waits is handled"),
    ("1", "messages were given up, or nobody delivers"),
    ("2", "the journal or a drop directory cannot be read"),
];

/// The pages.
pub(super) const PAGES: &[Page] = &[
    Page {
        command: "mail",
        examples: &[
            ("tcpw mail test", "Send a test mail"),
            ("tcpw mail preview", "Show how an alert looks"),
        ],
        exit: &[
            ("0", "done"),
            ("1", "the mail could not be delivered"),
            ("2", "it could not be tried"),
        ],
    },
    Page {
        command: "mail test",
        examples: &[(
            "tcpw mail test",
            "Send a test mail, and say what became of it",
        )],
        exit: &[
            ("0", "everybody who was to get it has it"),
            ("1", "the mail could not be delivered"),
            ("2", "it could not be tried"),
        ],
    },
    Page {
        command: "mail preview",
        examples: &[
            ("tcpw mail preview", "An alert as it would be sent"),
            (
                "tcpw mail preview --kind digest --language ko",
                "A digest in Korean",
            ),
            ("tcpw mail preview --part subject", "The subject alone"),
        ],
        exit: DONE,
    },
    Page {
        command: "queue",
        examples: &[
            ("tcpw queue", "What is not delivered yet"),
            ("tcpw queue --explain", "And why"),
            ("tcpw queue --all --format json", "All of it, for programs"),
        ],
        exit: LOOKED,
    },
    Page {
        command: "queue list",
        examples: &[("tcpw queue list", "What is not delivered yet")],
        exit: LOOKED,
    },
    Page {
        command: "queue show",
        examples: &[("tcpw queue show 1", "All about one message")],
        exit: DONE,
    },
    Page {
        command: "queue retry",
        examples: &[
            ("tcpw queue retry 1", "Try one message again now"),
            ("tcpw queue retry --all", "Try all of them"),
        ],
        exit: LOOKED,
    },
    Page {
        command: "queue drop",
        examples: &[("tcpw queue drop 1", "Remove one message from the queue")],
        exit: DONE,
    },
    Page {
        command: "mute",
        examples: &[
            ("tcpw mute 192.0.2.0/24", "No more mail about this network"),
            ("tcpw mute", "Who is muted"),
        ],
        exit: DONE,
    },
    Page {
        command: "unmute",
        examples: &[("tcpw unmute 192.0.2.0/24", "Mail about it again")],
        exit: DONE,
    },
];
