//! The gate as others see it. That this target is called `main`, like the one of the whole toolkit, lets
//! `cargo test --test main` build the program for the tests there.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must stop; helpers outside #[test] are not exempted"
)]

mod door;
mod gate;
#[path = "../../../tests/proof.rs"]
mod proof;
