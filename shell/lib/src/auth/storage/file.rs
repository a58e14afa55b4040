//! A private file with the tokens of a login. It is not encrypted: the key would be beside it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use speckit_core::auth::AuthError;
use speckit_core::auth::token::{RecordError, TokenRecord};
use speckit_core::text::{command_line, size, visible};

use super::refused::{login_line, refused_file, refused_folder};
use crate::os::documents::{self, FileStamp, NotSecret, Replacement};

/// The longest file that is read.
const MAX_BYTES: usize = 256 << 10;
/// The least room that is reserved: some times the tokens of most providers.
const RESERVED_BYTES: usize = 16 << 10;

/// The file of a login.
#[derive(Debug)]
pub(super) struct TokenFile {
    login: String,
    path: PathBuf,
}

impl TokenFile {
    pub(super) fn new(login: &str, path: PathBuf) -> Self {
        Self { login: login.into(), path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The record in the file; `None` if there is no file.
    pub(super) fn load(&self) -> Result<Option<TokenRecord>, AuthError> {
        if let Some(folder) = self.path.parent() {
            documents::check_secret_folder(folder).map_err(|reason| refused_folder(folder, &reason))?;
        }
        let bytes = documents::read_secret(&self.path, MAX_BYTES).map_err(|reason| self.refused(&reason))?;
        let Some(bytes) = bytes else { return Ok(None) };
        if bytes.expose().is_empty() {
            return Err(self.unreadable("it is empty"));
        }
        let record = TokenRecord::parse(bytes.expose()).map_err(|error| match error {
            RecordError::Damaged => self.unreadable("it is damaged"),
            RecordError::Newer { .. } => {
                self.unreadable(&format!("{error}: update this program, or log in again"))
            }
        })?;
        if record.login == self.login { Ok(Some(record)) } else { Err(self.other_login(&record.login)) }
    }

    pub(super) fn stamp(&self) -> Option<FileStamp> {
        documents::secret_stamp(&self.path)
    }

    pub(super) fn modified(&self) -> Option<SystemTime> {
        documents::modified(&self.path)
    }

    /// Makes the file that takes the place of this one, with room for a record that is twice as long.
    pub(super) fn reserve(&self) -> Result<Replacement, AuthError> {
        documents::check_secret(&self.path).map_err(|reason| self.refused(&reason))?;
        let length = self.stamp().map_or(0, |stamp| usize::try_from(stamp.bytes()).unwrap_or(MAX_BYTES));
        let room = length.saturating_mul(2).clamp(RESERVED_BYTES, MAX_BYTES);
        Replacement::reserve(&self.path, room).map_err(|error| self.not_stored(&error))
    }

    pub(super) fn store(
        &self,
        replacement: Replacement,
        record: &TokenRecord,
        modified: SystemTime,
    ) -> Result<(), AuthError> {
        let bytes = record.to_bytes();
        if bytes.expose().len() > MAX_BYTES {
            let problem = format!(
                "the tokens of `{}` are longer than {}",
                visible(&self.login),
                size(MAX_BYTES as u64)
            );
            return Err(AuthError::Store(problem));
        }
        replacement.put(&self.path, bytes.expose(), modified).map_err(|error| self.not_stored(&error))
    }

    pub(super) fn remove(&self) -> Result<(), AuthError> {
        documents::remove_secret(&self.path).map_err(|error| {
            let path = self.path.to_string_lossy();
            AuthError::Store(format!(
                "the tokens in `{}` are not removed: {error}; `{}`",
                visible(&path),
                command_line(&["rm", "-r", &path])
            ))
        })
    }

    /// Removes what killed processes left.
    pub(super) fn clean_up(&self) {
        documents::remove_replacements(&self.path);
    }

    fn refused(&self, reason: &NotSecret) -> AuthError {
        match reason {
            NotSecret::TooLarge => self.unreadable(&format!("it is longer than {}", size(MAX_BYTES as u64))),
            reason => refused_file(&self.path, reason),
        }
    }

    fn unreadable(&self, problem: &str) -> AuthError {
        let path = visible(&self.path.to_string_lossy());
        AuthError::Store(format!(
            "the tokens in `{path}` cannot be read: {problem}: `{}`",
            login_line(&self.login)
        ))
    }

    fn not_stored(&self, error: &std::io::Error) -> AuthError {
        AuthError::Store(format!(
            "the tokens cannot be stored in `{}`: {error}",
            visible(&self.path.to_string_lossy())
        ))
    }

    /// On a file system that takes `Work` and `work` for one name, two logins would have one file.
    fn other_login(&self, other: &str) -> AuthError {
        AuthError::Store(format!(
            "`{}` holds the tokens of the login `{}`, and this is `{}`: give one of them another name",
            visible(&self.path.to_string_lossy()),
            visible(other),
            visible(&self.login)
        ))
    }
}
