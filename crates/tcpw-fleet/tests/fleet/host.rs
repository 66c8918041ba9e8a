//! A host of the fleet: a journal, a configuration, a password, a state.

use super::journal::Book;
use super::run::{fleet, good, told};
use super::server::Server;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// A host that was added.
pub(crate) struct Host {
    place: TempDir,
    name: String,
    pub(crate) book: Book,
}

impl Host {
    /// Adds a host to the fleet, which sends so many events of a source in full.
    pub(crate) fn add(server: &Server, name: &str, full: u32) -> Self {
        let host = Self::of(server, name, full);
        good(&[
            "add-host",
            name,
            "--database",
            &server.admin(),
            "--out",
            &host.text("password"),
        ]);
        host
    }

    /// A machine that is called so, and has no password yet.
    pub(crate) fn of(server: &Server, name: &str, full: u32) -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("state")).unwrap();
        let book = Book::new(place.path());
        let host = Self {
            place,
            name: name.to_owned(),
            book,
        };
        let toml = format!(
            "[journal]\npath = \"{}\"\n[fleet]\ndatabase = \"{}\"\npassword_file = \"{}\"\nfull = {full}\n",
            host.book.path.display(),
            server.url(name),
            host.text("password"),
        );
        fs::write(host.path("tcpw.toml"), toml).unwrap();
        host
    }

    /// Another machine with the name and the password of this one.
    pub(crate) fn double(&self, server: &Server, full: u32) -> Self {
        let other = Self::of(server, &self.name, full);
        fs::copy(self.path("password"), other.path("password")).unwrap();
        other
    }

    /// A file of the host.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// `tcpw-fleet push` on this host.
    pub(crate) fn push(&self, words: &[&str]) -> Command {
        let (config, state) = (self.text("tcpw.toml"), self.text("state"));
        let mut command = fleet(&["--config", &config, "push", "--state", &state]);
        command.args(words);
        command
    }

    /// How a push ended.
    pub(crate) fn pushed(&self) -> (i32, String, String) {
        told(&self.push(&["--now"]).output().unwrap())
    }

    /// What a push says, which must end well.
    pub(crate) fn sent(&self) -> String {
        let (code, out, err) = self.pushed();
        assert_eq!(code, 0, "{out}{err}");
        out
    }
}
