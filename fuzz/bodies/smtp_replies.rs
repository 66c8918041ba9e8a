//! Whatever a mail server says, the conversation ends, says nothing in the clear that must not be,
//! and claims no mail that was not taken.
//!
//! Input: `n` (a mail in the clear), `l` (with a login) or `s` (STARTTLS is asked for), then what the
//! server says, cut by bytes 0xff: the greeting, then one part after each line that it gets.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};
use tcpw::alert::transport::{Mail, Outcome, SmtpTransport, Transport as _};
use tcpw::config::{Auth, Login, Password, Secret, Smtp, Tls};

/// How long the client waits for an answer.
const STEP: Duration = Duration::from_millis(400);
/// How long the server waits for a word of the client before it hangs up.
const PATIENCE: Duration = Duration::from_millis(40);
/// The longest that a conversation may take, on a machine that has other things to do.
const WHOLE: Duration = Duration::from_secs(20);
const PASSWORD: &str = "correct horse";
const MESSAGE: &[u8] = b"Subject: x\r\n\r\n.\r\n..a\r\nend\r\n";

/// A server that says what it is given, and tells what it heard.
struct Server {
    port: u16,
    script: Sender<Vec<Vec<u8>>>,
    heard: Receiver<Vec<u8>>,
}

thread_local! {
    static SERVER: Server = serve();
}

fn serve() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (script, scripts) = channel::<Vec<Vec<u8>>>();
    let (tell, heard) = channel();
    thread::spawn(move || {
        for parts in scripts {
            let (stream, _) = listener.accept().unwrap();
            if tell.send(play(stream, &parts)).is_err() {
                return;
            }
        }
    });
    Server {
        port,
        script,
        heard,
    }
}

/// Says each part after a line of the client, or after the end of its message; gives what was heard.
fn play(mut stream: TcpStream, parts: &[Vec<u8>]) -> Vec<u8> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut heard = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        // An answer that goes on is said on: nobody answers to half of one.
        let goes_on = number > 0 && !is_whole(&parts[number - 1]);
        if number > 0 && !goes_on && !listen(&mut stream, &mut heard) {
            break;
        }
        if stream.write_all(part).is_err() {
            break;
        }
    }
    // The client may be gone already.
    drop(stream.shutdown(Shutdown::Write));
    stream.set_read_timeout(Some(WHOLE)).unwrap();
    drop(stream.read_to_end(&mut heard));
    heard
}

/// Whether what is said ends in the last line of an answer.
fn is_whole(part: &[u8]) -> bool {
    let Some(text) = part.strip_suffix(b"\n") else {
        return false;
    };
    let line = text.rsplit(|&byte| byte == b'\n').next();
    line.is_some_and(|line| line.get(3) != Some(&b'-'))
}

/// Reads up to the end of a line, or of the message after DATA; false when nothing more comes.
fn listen(stream: &mut TcpStream, heard: &mut Vec<u8>) -> bool {
    let is_message = heard.ends_with(b"DATA\r\n");
    let begin = heard.len();
    let mut byte = [0];
    loop {
        match stream.read(&mut byte) {
            Ok(1) => heard.push(byte[0]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => return false,
        }
        let fresh = &heard[begin..];
        let is_end = if is_message {
            // Who was refused DATA says QUIT at most.
            fresh.ends_with(b"\r\n.\r\n") || fresh == b"QUIT\r\n"
        } else {
            fresh.ends_with(b"\n")
        };
        if is_end {
            return true;
        }
    }
}

fn settings(kind: u8, port: u16) -> Smtp {
    let login = Login {
        username: "tcpw".to_owned(),
        password: Password::Literal(Secret(PASSWORD.to_owned())),
        auth: Auth::Offered,
    };
    Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        tls: if kind == b's' {
            Tls::StartTls
        } else {
            Tls::None
        },
        login: (kind != b'n').then_some(login),
        ca_file: None,
        fingerprint: Some([0; 32]),
        hello: Some("client.example".to_owned()),
        timeout: STEP,
    }
}

/// Panics where that does not hold.
pub(crate) fn run(input: &[u8]) {
    let Some((&kind, rest)) = input.split_first() else {
        return;
    };
    if !b"nls".contains(&kind) {
        return;
    }
    let parts: Vec<Vec<u8>> = rest
        .split(|&byte| byte == 0xff)
        .map(<[u8]>::to_vec)
        .collect();
    let said = parts.concat();
    let mail = Mail {
        from: "tcpw@example.org".to_owned(),
        recipients: vec!["a@example.org".to_owned(), "b@example.org".to_owned()],
        bytes: MESSAGE.to_vec(),
        name: "x".to_owned(),
    };
    SERVER.with(|server| {
        server.script.send(parts).unwrap();
        let transport = SmtpTransport::new(&[settings(kind, server.port)], "client", None);
        let begin = Instant::now();
        let deliveries = transport.send(&mail);
        assert!(begin.elapsed() < WHOLE, "it does not end");
        let heard = server.heard.recv_timeout(10 * WHOLE).unwrap();
        assert!(!deliveries.is_empty());
        let mut is_taken = false;
        for delivery in &deliveries {
            let recipient = delivery.recipient.as_ref();
            assert!(recipient.is_none_or(|one| mail.recipients.contains(one)));
            let text = match &delivery.outcome {
                Outcome::Delivered { answer } => {
                    is_taken = true;
                    answer
                }
                Outcome::Transient(_, fault) | Outcome::Permanent(_, fault) => &fault.text,
            };
            assert!(!text.chars().any(char::is_control), "{text:?}");
            assert!(!text.contains(PASSWORD), "{text}");
        }
        check_heard(kind, &said, &heard, is_taken);
    });
}

/// What the client said: commands in their order, each a line; the message as it is, with its dots.
fn check_heard(kind: u8, said: &[u8], heard: &[u8], is_taken: bool) {
    let text = String::from_utf8_lossy(heard).into_owned();
    if kind == b's' {
        // A certificate that nobody has: nothing but the way to TLS is ever said in the clear.
        assert!(!is_taken, "{text}");
        for word in ["MAIL FROM", "RCPT TO", "AUTH", "Subject", PASSWORD] {
            assert!(!text.contains(word), "{word}: {text}");
        }
        return;
    }
    let (commands, message) = match text.split_once("DATA\r\n") {
        Some((before, after)) => (before, Some(after)),
        None => (text.as_str(), None),
    };
    let mut last = 0;
    for line in commands.split_inclusive('\n') {
        let line = line.strip_suffix("\r\n").expect("a command ends in CRLF");
        assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
        let verbs = [
            "EHLO client.example",
            "AUTH ",
            "",
            "MAIL FROM:<tcpw@",
            "RCPT TO:<",
            "QUIT",
        ];
        // What belongs to a login is one word of base64.
        let is_login = last == 1 && !line.contains([' ', ':']) && line != "QUIT";
        let found = verbs
            .iter()
            .rposition(|verb| !verb.is_empty() && line.starts_with(verb));
        let at = if is_login { 1 } else { found.expect(line) };
        assert!(at >= last, "{commands}");
        assert!(at != 1 || kind == b'l', "{commands}");
        last = at;
    }
    let dotted = "Subject: x\r\n\r\n..\r\n...a\r\nend\r\n.\r\n";
    if is_taken {
        let message = message.expect("a mail that was taken was sent");
        assert!(message.starts_with(dotted), "{message:?}");
        assert!(said.windows(3).any(|code| code == b"354"), "{said:?}");
    }
    if let Some(message) = message {
        let rest = message.strip_prefix(dotted).unwrap_or_default();
        assert!(
            dotted.starts_with(message)
                || ["", "QUIT\r\n"].contains(&rest)
                || message == "QUIT\r\n",
            "{message:?}"
        );
    }
}
