//! Repairs: what they make of tables, and whom they let in.

mod around;
mod fixed;
mod fixes;
mod granted;
mod mentions;
mod pairs;
mod style;
