//! `tcpw-fleet` as people and machines use it, against Debian's PostgreSQL.

mod bounds;
mod chance;
mod count;
mod crash;
mod crowd;
mod faults;
mod grafana;
mod host;
mod init;
mod journal;
mod mail;
mod manual;
mod own_user;
mod page;
mod pooler;
mod privileges;
mod push;
mod read;
mod run;
mod server;
mod sshd;
mod sums;
mod together;
mod toolkit;
mod trouble;
