//! The status for programs, and read again where it was saved.

use super::machine::MachineStatus;
use thiserror::Error;

/// Why a saved status cannot be used.
#[derive(Debug, Error)]
#[error("it is not a status of this tcpw: {0}")]
pub struct StatusError(#[from] serde_json::Error);

/// The status as one JSON document in one line.
///
/// # Errors
/// When it cannot be written as JSON, which no status of ours does.
pub fn json(status: &MachineStatus) -> Result<String, StatusError> {
    Ok(serde_json::to_string(status)?)
}

/// Reads what [`json`] wrote.
///
/// # Errors
/// When it is not that.
pub fn of_json(bytes: &[u8]) -> Result<MachineStatus, StatusError> {
    Ok(serde_json::from_slice(bytes)?)
}
