//! The output of git about a repository: staged and pushed files, ranges, errors.
//!
//! git itself is run by the shell. These are the decisions: what its output means, and what to ask it next.

mod changed;
mod error;
mod message;
mod object;
mod pointer;
mod pushed;
mod range;
mod variables;

pub use changed::{ChangedFile, Changes, FileMode, SkippedEntries, changed_paths};
pub use error::{GitError, UnexpectedOutput};
pub use message::MessageCleanup;
pub use object::{BlobHeader, ObjectId, parse_blob_header};
pub use pointer::{MAX_POINTER_BYTES, is_lfs_pointer};
pub use pushed::{PushedRef, parse_pushed};
pub use range::{Range, parse_range};
pub use variables::LOCAL_VARIABLES;
