//! The choice of a fallback for refused files.

/// The configuration to start with if the files are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// The defaults, with the environment and the overrides if they are valid.
    Defaults,
    /// The newest generation of the same files in the history, with the environment and the overrides if they are valid.
    /// If there is none, its texts are not recorded, or the rules refuse it too, opening fails with a note about that.
    #[cfg(feature = "sqlite")]
    LastGood,
}
