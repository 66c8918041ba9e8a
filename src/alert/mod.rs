//! The alarm.
