//! `tcpw-fleet` as people and machines use it, against Debian's PostgreSQL.

mod crash;
mod faults;
mod grafana;
mod host;
mod init;
mod journal;
mod mail;
mod manual;
mod own_user;
mod privileges;
mod push;
mod read;
mod run;
mod server;
mod sshd;
mod together;
mod toolkit;
