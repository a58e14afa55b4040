//! Whether a person trusts a project file: the `./speckit.toml` that the program finds by itself, perhaps in a cloned repository.
//!
//! Such a file chooses which commands run, which files are written, and what weakens a gate. The person trusts the values of the
//! [`Subtree`]s that do so, by their fingerprints; other values never matter. Nothing here reads a file: the values are
//! those that were loaded, so that no other file can take their place in between.

mod decision;
mod diagnostic;
mod fingerprint;
mod project_file;
mod record;
mod review;
mod subtree;

pub use decision::TrustDecision;
pub use fingerprint::TrustFingerprint;
pub use project_file::{ProjectFile, Trust, database_is_of};
pub use record::{TrustRecord, TrustRecordError};
pub use review::{Review, ReviewedValue};
pub use subtree::{Fingerprints, Subtree, fingerprints};
