//! What a configuration starts with when its files are refused.

/// What a configuration starts with when its files are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fallback {
    /// With its defaults, and with the environment and the overrides where those obey the rules.
    Defaults,
    /// With the texts of the newest generation of the same files that the history keeps, and with the environment and the
    /// overrides where those obey the rules. Where there is none, or its texts are not kept, or the rules refuse them too,
    /// the refusal update_waiting, with a note that says so.
    #[cfg(feature = "sqlite")]
    LastGood,
}
