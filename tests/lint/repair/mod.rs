//! Repairs: what they make of tables, and whom they let in.

mod fixed;
mod fixes;
mod granted;
mod mentions;
mod pairs;
mod style;
