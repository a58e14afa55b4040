//! The arguments of `store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Show its size, its tables and its settings
    Stats,
    /// Check its pages, its indexes and the references between rows
    Check,
    /// Return its free pages to the disk; other programs may keep writing
    Vacuum,
    /// Write a copy of it to a file; other programs may keep writing
    ///
    /// The copy is checked, and only its owner can read it. A plain copy of the file lacks what is still in its log (FILE-wal).
    Backup(BackupArgs),
    /// Replace it by a copy of a backup, and keep the present one as NAME.before-restore-N
    ///
    /// The backup is checked first. No other program may have the database open.
    Restore {
        /// The backup
        file: PathBuf,
    },
}

#[derive(Args, Clone, Debug)]
pub(crate) struct BackupArgs {
    /// The file to write
    pub(crate) file: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    pub(crate) force: bool,
}
