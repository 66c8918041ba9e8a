//! The alarm from `notify` to the inbox, against a real SMTP server.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop; helpers outside #[test] are not exempted"
)]

mod alert;
