//! `tcpw-fleet` as people and machines use it, against Debian's PostgreSQL.

mod init;
mod mail;
mod read;
mod run;
mod server;
mod toolkit;
