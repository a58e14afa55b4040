//! A path in a configuration file that is relative to this file.

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use speckit_core::tree::typed::LocatedText;

/// A path setting. A relative path in a configuration file, or in a `.env` file, is relative to the folder of this file; in all other
/// layers it stays relative to the working folder.
///
/// Below a flattened, untagged or tagged type it stays as it is too, because serde reads such values into a buffer.
///
/// ```
/// use serde::Deserialize;
/// use speckit::{Config, ConfigPath};
///
/// #[derive(Deserialize)]
/// struct Settings {
///     certificate: ConfigPath,
/// }
///
/// # let folder = tempfile::tempdir()?;
/// let file = folder.path().join("app.toml");
/// std::fs::write(&file, "certificate = 'tls/server.pem'")?;
/// let config = Config::<Settings>::builder().file(&file).open()?;
/// assert_eq!(*config.load().certificate, *folder.path().join("tls/server.pem"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigPath(PathBuf);

impl ConfigPath {
    /// The path.
    pub fn into_path(self) -> PathBuf {
        self.0
    }
}

impl Deref for ConfigPath {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for ConfigPath {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl<P: Into<PathBuf>> From<P> for ConfigPath {
    fn from(path: P) -> Self {
        Self(path.into())
    }
}

impl fmt::Debug for ConfigPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<'de> Deserialize<'de> for ConfigPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let LocatedText { text, file } = LocatedText::deserialize(deserializer)?;
        let folder = file.as_deref().and_then(|file| Path::new(file).parent());
        // Joined with an absolute path, the folder falls away.
        Ok(Self(folder.map_or_else(|| PathBuf::from(&text), |folder| folder.join(&text))))
    }
}

impl Serialize for ConfigPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A string.
#[cfg(feature = "schemars")]
impl schemars::JsonSchema for ConfigPath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ConfigPath".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}
