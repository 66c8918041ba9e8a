//! A real SMTP server, with certificates made for the test.

use super::stage::files;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Debian's own Python: it has python3-aiosmtpd.
const PYTHON: &str = "/usr/bin/python3";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smtp/server.py");

pub(super) struct Server {
    process: Child,
    inbox: TempDir,
    pub(super) port: u16,
}

impl Server {
    pub(super) fn start(args: &[&str]) -> Self {
        let inbox = TempDir::with_prefix("tcpw-inbox-").unwrap();
        let mut process = Command::new(PYTHON)
            .arg(SCRIPT)
            .arg("--inbox")
            .arg(inbox.path())
            .args(args)
            .stdout(Stdio::piped())
            // aiosmtpd warns about its own deprecations; a failed start shows in the port.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().parse().expect("python3-aiosmtpd is installed");
        Self {
            process,
            inbox,
            port,
        }
    }

    /// With TLS of `kind` and a login.
    pub(super) fn protected(kind: &str, certificates: &Certificates, more: &[&str]) -> Self {
        let (cert, key) = (certificates.path("leaf.pem"), certificates.path("leaf.key"));
        let mut args = vec!["--tls", kind, "--user", "u", "--password", "geheim"];
        args.extend([
            "--cert",
            cert.to_str().unwrap(),
            "--key",
            key.to_str().unwrap(),
        ]);
        args.extend(more);
        Self::start(&args)
    }

    /// Every mail that was taken: envelope, empty line, message.
    pub(super) fn mails(&self) -> Vec<String> {
        let mut paths = files(self.inbox.path(), "mail");
        paths.sort();
        paths
            .iter()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// An authority and a certificate for 127.0.0.1 and localhost.
pub(super) struct Certificates {
    directory: TempDir,
}

impl Certificates {
    pub(super) fn new() -> Self {
        let directory = TempDir::with_prefix("tcpw-tls-").unwrap();
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
        fs::write(
            directory.path().join("names"),
            "subjectAltName=DNS:localhost,IP:127.0.0.1\n",
        )
        .unwrap();
        for command in [
            format!("req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=ca -days 2"),
            format!("req {key} -keyout leaf.key -out leaf.csr -subj /CN=leaf"),
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -extfile names -out leaf.pem"
                .to_owned(),
        ] {
            openssl(directory.path(), &command);
        }
        Self { directory }
    }

    /// Another certificate of the same authority and key, for other names or another time.
    pub(super) fn add_leaf(&self, name: &str, names: &str, days: i32) {
        let list = format!("subjectAltName={names}\n");
        fs::write(self.path(&format!("{name}.names")), list).unwrap();
        let command = format!(
            "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} \
             -extfile {name}.names -out {name}.pem"
        );
        openssl(self.directory.path(), &command);
    }

    /// A certificate of the same key that has signed itself, for `names` or for no host.
    pub(super) fn add_self_signed(&self, name: &str, names: Option<&str>) {
        let names = names.map_or_else(String::new, |names| {
            format!(" -addext subjectAltName={names}")
        });
        let command =
            format!("req -x509 -key leaf.key -out {name}.pem -subj /CN={name} -days 2{names}");
        openssl(self.directory.path(), &command);
    }

    /// The SHA-256 of a certificate, as openssl has it.
    pub(super) fn fingerprint(&self, name: &str) -> String {
        let output = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(self.path(&format!("{name}.pem")))
            .output()
            .unwrap();
        let line = String::from_utf8(output.stdout).unwrap();
        line.trim().split_once('=').unwrap().1.to_owned()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

fn openssl(directory: &Path, command: &str) {
    let output = Command::new("openssl")
        .args(command.split_whitespace())
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
