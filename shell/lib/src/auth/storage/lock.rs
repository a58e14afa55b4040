//! The lock of a login, as a file of its own: the file of the tokens is replaced, and a lock on it would be one on the old file.
//!
//! The lock is one of the open file, so two threads of a process exclude each other too. On a network file system it may be none at
//! all; see the documentation of the mount.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use speckit_core::auth::AuthError;

use super::refused::{refused_file, refused_folder};
use crate::os::{clock, documents};

/// What the roughest file system rounds times to: FAT keeps even seconds, and some others whole ones.
const ROUGHEST_TIME: Duration = Duration::from_secs(2);

/// A held lock. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct HeldLock {
    file: File,
}

impl Drop for HeldLock {
    /// Closing the file is not enough: a child of another thread has a copy of it from its fork until its exec (flock(2)).
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl HeldLock {
    /// Takes the lock; `None` if another holder has it.
    pub(super) fn try_take(path: &Path) -> Result<Option<Self>, AuthError> {
        if let Some(folder) = path.parent() {
            documents::make_secret_folder(folder).map_err(|reason| refused_folder(folder, &reason))?;
        }
        loop {
            let file = documents::open_lock_file(path).map_err(|reason| refused_file(path, &reason))?;
            match file.try_lock() {
                // Another one may have removed the file in between, and then a third one could lock the new file.
                Ok(()) if !documents::is_at(&file, path) => {}
                Ok(()) => return Ok(Some(Self { file })),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(refused_file(path, &error.into())),
            }
        }
    }

    /// A time for the next change: now, but so much later than each change before that a file system with rough times keeps another
    /// one. In a series of quick changes it lies in the future, which nobody but [`super::Stamp`] looks at.
    pub(super) fn next_change(&self, last: Option<SystemTime>) -> SystemTime {
        let locked = self.file.metadata().and_then(|metadata| metadata.modified()).ok();
        let after = [last, locked].into_iter().flatten().max();
        let next = after.and_then(|time| time.checked_add(ROUGHEST_TIME));
        let now = UNIX_EPOCH + clock::since_epoch();
        next.map_or(now, |next| next.max(now))
    }

    /// Remembers the time of a change. The change is done, so that an error is none of it.
    pub(super) fn mark(&self, change: SystemTime) {
        let _ = self.file.set_modified(change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_changes_have_the_same_time_where_the_file_system_keeps_even_seconds_or_the_clock_is_set_back() {
        let folder = tempfile::tempdir().unwrap();
        let lock = HeldLock::try_take(&folder.path().join("auth").join("work.lock")).unwrap().unwrap();
        let kept = |time: SystemTime| {
            let seconds = time.duration_since(UNIX_EPOCH).unwrap().as_secs();
            UNIX_EPOCH + Duration::from_secs(seconds - seconds % 2)
        };
        let mut times = Vec::new();
        let mut change = |file: Option<SystemTime>| {
            let time = kept(lock.next_change(file));
            lock.mark(time);
            assert!(times.iter().all(|other| *other < time), "{time:?} after {times:?}");
            times.push(time);
        };
        (0..20).for_each(|_| change(None));
        let future = UNIX_EPOCH + clock::since_epoch() + Duration::from_secs(86_400);
        change(Some(future));
        change(None);
        assert!(times.last().is_some_and(|last| *last > future), "a file of the future is counted on from");
    }
}
