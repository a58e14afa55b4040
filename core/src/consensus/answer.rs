//! The answer in what an agent wrote.

use alloc::string::{String, ToString};

use crate::key::Key;

/// Why there is no answer in what an agent wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// There is no JSON object in it.
    #[error("there is no JSON object in its output")]
    NoObject,
    /// No object in it has the key.
    #[error("no JSON object in its output has `{key}`")]
    NoKey {
        /// The key.
        key: String,
    },
}

/// The value at a key of what an agent wrote, as compact JSON with sorted keys: of the last JSON object in its output that
/// has the key, since agents explain themselves before they answer.
///
/// # Errors
/// [`NoAnswer`].
pub fn answer(output: &str, key: &Key) -> Result<String, NoAnswer> {
    let value: serde_json::Value = serde_json::from_str(output.trim()).map_err(|_| NoAnswer::NoObject)?;
    let found = value.pointer(&key.pointer()).ok_or_else(|| NoAnswer::NoKey { key: key.to_string() })?;
    Ok(found.to_string())
}
