//! An HTTPS service that keeps what it is told and answers as planned.

use super::rogue::{certified, protected};
use super::server::Certificates;
use std::io::{self, Read, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// The first line.
    pub(super) line: String,
    /// The header fields, names in small letters.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }
}

pub(super) struct Service {
    pub(super) port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Service {
    /// Gives `answer`, head and body, to everybody; and an empty answer means none at all.
    pub(super) fn start(certificates: &Certificates, leaf: &str, answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = certified(certificates, leaf);
        let service = Self {
            port: listener.local_addr().unwrap().port(),
            requests: Arc::default(),
        };
        let requests = Arc::clone(&service.requests);
        let answer = answer.to_owned();
        thread::spawn(move || {
            for tcp in listener.incoming() {
                let Ok(mut stream) = protected(tcp.unwrap(), &config) else {
                    continue;
                };
                let Ok(request) = read(&mut stream) else {
                    continue;
                };
                requests.lock().unwrap().push(request);
                if answer.is_empty() {
                    thread::sleep(Duration::from_secs(9));
                    continue;
                }
                // Whoever does not want to hear it hangs up.
                drop(stream.write_all(answer.as_bytes()));
                stream.conn.send_close_notify();
                drop(stream.flush());
            }
        });
        service
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

/// An answer with `status`, more header fields and a body.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn read(stream: &mut impl Read) -> io::Result<Request> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse().unwrap_or(0));
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Request {
        line,
        headers,
        body,
    })
}
