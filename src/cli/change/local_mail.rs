//! How mail leaves a machine whose configuration does not say: chosen when the alert is installed,
//! and written into the configuration.

use crate::cli::base::{Context, Failure};
use crate::cli::machine::settings::{load, load_as_written};
use crate::config::{
    self, Config, DEFAULT_SENDMAIL, Setting, Wanted, revise, says, without_passwords,
};
use crate::editor::Companion;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The port of mail servers.
const SMTP_PORT: u16 = 25;
/// How long a server on this machine may take to greet.
const PATIENCE: Duration = Duration::from_secs(3);
/// How a server greets that takes mail (RFC 5321).
const GREETING: &[u8] = b"220";
/// Who gets the mail if nobody is named.
const ROOT: &str = "root@localhost";

/// The configuration with which an alert is installed.
pub(super) struct Settings {
    /// With its paths where they are on this machine.
    pub(super) config: Config,
    /// With its paths as they are written.
    pub(super) written: Config,
    /// What is written into the file.
    pub(super) choice: Option<Choice>,
}

/// A way out for mails, and the file that will have it.
pub(super) struct Choice {
    /// The file as it was and will be.
    pub(super) file: Companion,
    /// The same without passwords.
    pub(super) shown: [String; 2],
    way: &'static str,
}

impl Choice {
    /// Says what was chosen.
    pub(super) fn tell(&self, context: &mut Context) -> Result<(), Failure> {
        let (way, path) = (self.way, context.paths.config.display());
        let text = format!(
            "mail: by {way}, because {path} did not say; `tcpw mail test` tries it, and tcpw.toml(5) \
             has the other ways"
        );
        context.out.line(text)
    }
}

impl Settings {
    /// Reads the configuration; where it says nothing about the way out, `may_choose` lets one be
    /// chosen: the mail server of this machine if one answers, else its sendmail. A mailer that is
    /// setuid or setgid needs a deliverer without a sandbox; a server does not.
    ///
    /// # Errors
    /// When the configuration cannot be read or is wrong.
    pub(super) fn read(context: &Context, may_choose: bool) -> Result<Self, Failure> {
        let written = load_as_written(&context.paths)?;
        let config = load(&context.paths)?;
        let way = if may_choose && !config.mail.has_way {
            way(&context.paths.inside(Path::new(DEFAULT_SENDMAIL)))
        } else {
            None
        };
        let choice = way.and_then(|way| choose(way, &context.paths.config));
        let Some(choice) = choice else {
            return Ok(Self {
                config,
                written,
                choice: None,
            });
        };
        let parse = |place: &dyn Fn(&Path) -> PathBuf| {
            let path = &context.paths.config;
            config::parse(&choice.file.after, path, place).map_err(|error| {
                Failure::new(format_args!(
                    "the configuration would be wrong with a way out for mails: {error}"
                ))
                .hint("write mail.transport into it yourself; nothing was changed")
            })
        };
        Ok(Self {
            config: parse(&|path| context.paths.inside(path))?,
            written: parse(&Path::to_path_buf)?,
            choice: Some(choice),
        })
    }
}

/// A way out of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Server,
    Sendmail,
}

/// The way out that this machine has.
fn way(sendmail: &Path) -> Option<Way> {
    let local = [
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    ];
    if local
        .iter()
        .any(|address| greets(SocketAddr::new(*address, SMTP_PORT)).unwrap_or(false))
    {
        return Some(Way::Server);
    }
    sendmail.is_file().then_some(Way::Sendmail)
}

/// Whether a mail server at `address` takes mail. Nothing is sent to it.
fn greets(address: SocketAddr) -> io::Result<bool> {
    let deadline = Instant::now() + PATIENCE;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    let mut greeting = [0; GREETING.len()];
    let mut read = 0;
    while let Some(rest) = greeting.get_mut(read..).filter(|rest| !rest.is_empty()) {
        let left = deadline.saturating_duration_since(Instant::now());
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match stream.read(rest)? {
            0 => return Ok(false),
            count => read += count,
        }
    }
    Ok(greeting == GREETING)
}

/// The configuration with this way; nothing if it cannot be written into what is there.
fn choose(way: Way, path: &Path) -> Option<Choice> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(_) => return None,
    };
    let has = |key| text.as_deref().is_some_and(|text| says(text, "mail", key));
    let mut wanted = Vec::new();
    let mut add = |table, key, value| wanted.push(Wanted { table, key, value });
    let word = |word: &str| Setting::Text(word.to_owned());
    if !["to", "cc", "bcc"].into_iter().any(has) {
        add("mail", "to", Setting::Texts(vec![ROOT.to_owned()]));
    }
    let told = match way {
        Way::Server => {
            add("mail", "transport", word("smtp"));
            add("mail.smtp", "host", word("localhost"));
            add("mail.smtp", "port", Setting::Number(SMTP_PORT));
            add("mail.smtp", "tls", word("none"));
            "the mail server on localhost:25, which answers"
        }
        Way::Sendmail => {
            add("mail", "transport", word("sendmail"));
            "/usr/sbin/sendmail, as nothing answers on localhost:25"
        }
    };
    let new = revise(text.as_deref(), &wanted, false).ok()?;
    Some(Choice {
        shown: [
            without_passwords(text.as_deref().unwrap_or_default()),
            without_passwords(&new),
        ],
        file: Companion {
            path: path.to_owned(),
            before: text.map(String::into_bytes),
            after: new.into_bytes(),
        },
        way: told,
    })
}
