//! `tcpw-fleet` as people and machines use it, against Debian's PostgreSQL.

mod crash;
mod faults;
mod host;
mod init;
mod journal;
mod privileges;
mod push;
mod run;
mod server;
