//! `tcpw-fleet` as people and machines use it, against Debian's PostgreSQL.

mod init;
mod run;
mod server;
