//! Where tokens are stored: in a private file, or in a credential helper; never in another store than the settings name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use speckit_core::auth::token::TokenRecord;
use speckit_core::auth::{AuthError, LoginConfig, TokenStoreKind};

use crate::os::documents::{self, FileStamp, Replacement};

mod file;
mod helper;
mod helper_process;
mod location;
mod lock;
mod refused;

use file::TokenFile;
use helper::TokenHelper;
use lock::HeldLock;

/// The stored tokens of one login. A clone means the same ones.
///
/// The file of the tokens is one that only its owner can read, and it is not encrypted. It is refused if others can read or change
/// it, if it belongs to another user, and if it is a link.
#[derive(Clone, Debug)]
pub struct TokenStorage {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    login: String,
    store: Store,
    lock_file: PathBuf,
}

#[derive(Debug)]
enum Store {
    File(TokenFile),
    Helper(TokenHelper),
}

/// The right to change the stored tokens of a login, which one holder in one process has at a time. Dropping it gives it back.
#[derive(Debug)]
pub struct StorageLock {
    storage: TokenStorage,
    /// Dropped before the lock, since the next holder removes it otherwise.
    reserved: Option<Reserved>,
    lock: HeldLock,
}

/// What a reservation holds.
#[derive(Debug)]
enum Reserved {
    File(Replacement),
    Helper,
}

/// Differs after the stored tokens have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(Option<FileStamp>);

impl TokenStorage {
    /// The storage of a login of the configuration. Its files are in `$XDG_STATE_HOME/speckit/auth` or `~/.local/state/speckit/auth`.
    ///
    /// # Errors
    /// There is no home folder, or the settings name no usable store.
    pub fn of(login: &str, config: &LoginConfig) -> Result<Self, AuthError> {
        Self::in_folder(&location::folder()?, login, config)
    }

    /// The storage of a login with its files in a folder, which is made when it is locked.
    ///
    /// # Errors
    /// The settings name no usable store.
    pub fn in_folder(folder: &Path, login: &str, config: &LoginConfig) -> Result<Self, AuthError> {
        let name = location::file_name(login);
        let store = match config.store {
            TokenStoreKind::File if !cfg!(unix) => {
                let problem = format!(
                    "`auth.{login}.store` is \"file\", and this system cannot keep a file from other users: use a credential helper \
                     such as `wincred`"
                );
                return Err(AuthError::Store(problem));
            }
            TokenStoreKind::File => Store::File(TokenFile::new(login, folder.join(format!("{name}.json")))),
            TokenStoreKind::Helper => Store::Helper(TokenHelper::new(login, config.helper.as_deref())?),
        };
        let lock_file = folder.join(format!("{name}.lock"));
        Ok(Self { shared: Arc::new(Shared { login: login.into(), store, lock_file }) })
    }

    /// The stored record, also if its token has expired, since the refresh token is in it. `None`: nobody is logged in.
    ///
    /// # Errors
    /// The record cannot be read, or others can read it.
    pub fn load(&self) -> Result<Option<TokenRecord>, AuthError> {
        match &self.shared.store {
            Store::File(file) => file.load(),
            Store::Helper(helper) => helper.load(),
        }
    }

    /// A value that differs after any process has stored or removed tokens. It costs one look at a file. Take it before
    /// [`TokenStorage::load`].
    pub fn stamp(&self) -> Stamp {
        Stamp(match &self.shared.store {
            Store::File(file) => file.stamp(),
            Store::Helper(_) => documents::secret_stamp(&self.shared.lock_file),
        })
    }

    /// Locks the storage; `None` if another holder, in this process or in another one, has the lock.
    ///
    /// # Errors
    /// The lock file cannot be made, or others can change it.
    pub fn try_lock(&self) -> Result<Option<StorageLock>, AuthError> {
        let Some(lock) = HeldLock::try_take(&self.shared.lock_file)? else { return Ok(None) };
        if let Store::File(file) = &self.shared.store {
            file.clean_up();
        }
        Ok(Some(StorageLock { storage: self.clone(), reserved: None, lock }))
    }

    /// The name of the login.
    pub fn login(&self) -> &str {
        &self.shared.login
    }

    /// The file of the tokens; `None`: a credential helper has them.
    pub fn file(&self) -> Option<&Path> {
        match &self.shared.store {
            Store::File(file) => Some(file.path()),
            Store::Helper(_) => None,
        }
    }

    /// The file that the holder of the lock holds.
    pub fn lock_file(&self) -> &Path {
        &self.shared.lock_file
    }

    /// The kind of the store.
    pub fn kind(&self) -> TokenStoreKind {
        match &self.shared.store {
            Store::File(_) => TokenStoreKind::File,
            Store::Helper(_) => TokenStoreKind::Helper,
        }
    }
}

impl StorageLock {
    /// Proves that a record can be stored, before a request is sent whose answer replaces the stored tokens: the disk has room, and
    /// the credential helper works.
    ///
    /// # Errors
    /// Why it cannot be stored.
    pub fn reserve(&mut self) -> Result<(), AuthError> {
        if self.reserved.is_none() {
            self.reserved = Some(self.new_reservation()?);
        }
        Ok(())
    }

    fn new_reservation(&self) -> Result<Reserved, AuthError> {
        match &self.storage.shared.store {
            Store::File(file) => file.reserve().map(Reserved::File),
            Store::Helper(helper) => helper.check().map(|()| Reserved::Helper),
        }
    }

    /// Stores a record. It is on the disk when this returns. What is not reserved, is reserved first.
    ///
    /// # Errors
    /// Why it is not stored. The record before is still there, unless the name of the new file did not get to the disk.
    pub fn store(&mut self, record: &TokenRecord) -> Result<(), AuthError> {
        let change = self.next_change();
        match &self.storage.shared.store {
            Store::File(file) => {
                let replacement = match self.reserved.take() {
                    Some(Reserved::File(replacement)) => replacement,
                    _ => file.reserve()?,
                };
                file.store(replacement, record, change)?;
            }
            Store::Helper(helper) => helper.store(record)?,
        }
        self.lock.mark(change);
        Ok(())
    }

    /// Removes the stored tokens, if there are any.
    ///
    /// # Errors
    /// Why they are still there.
    pub fn remove(&mut self) -> Result<(), AuthError> {
        let change = self.next_change();
        match &self.storage.shared.store {
            Store::File(file) => file.remove()?,
            Store::Helper(helper) => helper.remove()?,
        }
        self.lock.mark(change);
        Ok(())
    }

    fn next_change(&self) -> std::time::SystemTime {
        self.lock.next_change(match &self.storage.shared.store {
            Store::File(file) => file.modified(),
            Store::Helper(_) => None,
        })
    }
}
