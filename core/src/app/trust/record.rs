//! What is kept about a file that a person trusts.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::Fingerprints;

/// The version of the stored form.
const VERSION: u32 = 1;

/// The fingerprints that a person trusts at the path of a file.
///
/// ```
/// use speckit_core::app::trust::{Fingerprints, TrustRecord};
/// let record = TrustRecord::new("/home/ann/speckit.toml", Fingerprints::from([("models".into(), "6b86".into())]));
/// let text = record.to_json();
/// assert!(text.starts_with("{\"version\":1,"));
/// assert_eq!(TrustRecord::parse(text.as_bytes())?, record);
/// # Ok::<(), speckit_core::app::trust::TrustRecordError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TrustRecord {
    version: u32,
    /// The path of the file. It is shown, and the name of the record identifies the file.
    pub file: String,
    /// The fingerprint of each trusted subtree, by its key.
    pub fingerprints: Fingerprints,
}

/// Why a stored record cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustRecordError {
    /// It is no record, or a part of one.
    #[error("it is damaged")]
    Damaged,
    /// A newer version of this program wrote it.
    #[error("a newer version of this program wrote it (form {version}, this one reads form {VERSION})")]
    Newer {
        /// The version of its form.
        version: u32,
    },
}

impl TrustRecord {
    /// A record of a file.
    pub fn new(file: impl Into<String>, fingerprints: Fingerprints) -> Self {
        Self { version: VERSION, file: file.into(), fingerprints }
    }

    /// The stored form: one line of JSON.
    pub fn to_json(&self) -> String {
        // Texts and a number: serializing them does not fail.
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`TrustRecordError`] if it is damaged, or of a newer version.
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustRecordError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_slice(bytes).map_err(|_| TrustRecordError::Damaged)?;
        match version {
            VERSION => serde_json::from_slice(bytes).map_err(|_| TrustRecordError::Damaged),
            0 => Err(TrustRecordError::Damaged),
            version => Err(TrustRecordError::Newer { version }),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn a_damaged_record_and_one_of_a_newer_version_are_told_apart() {
        let error = |text: &str| TrustRecord::parse(text.as_bytes()).unwrap_err();
        let whole = TrustRecord::new("/a", Fingerprints::new()).to_json();
        for damaged in
            ["", "{}", "[1]", "\u{0}", "{\"version\":1}", "{\"version\":0}", &whole[..whole.len() - 3]]
        {
            assert_eq!(error(damaged), TrustRecordError::Damaged, "{damaged:?}");
        }
        let newer = error("{\"version\":2,\"files\":[]}");
        assert_eq!(newer, TrustRecordError::Newer { version: 2 });
        assert!(newer.to_string().starts_with("a newer version of this program wrote it"));
    }
}
