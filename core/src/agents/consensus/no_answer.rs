//! Why an output has no answer.

use alloc::boxed::Box;
use alloc::string::String;

/// Why an output has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The output has no JSON object.
    #[error("its output has no JSON object; ask for one in the prompt")]
    NoObject,
    /// No object has the key.
    #[error("no JSON object in its output has `{0}`; ask for it in the prompt")]
    NoKey(String),
    /// The last object with the key is invalid or incomplete, or it is part of such an object.
    #[error("the last JSON object with `{0}` in its output is invalid or incomplete")]
    Broken(String),
    /// The last object that may have the key is longer than [`LONGEST_OBJECT`](super::LONGEST_OBJECT).
    #[error("the last JSON object that may have `{0}` in its output is longer than 1 MiB")]
    TooLong(String),
    /// The value is `null`.
    #[error("`{0}` is null in its output; ask for a value in the prompt")]
    Null(String),
    /// The value contains or overlaps a secret.
    #[error("its answer at `{0}` contains a masked secret")]
    Secret(String),
    /// The output is empty, or has only white space.
    #[error("its output is empty")]
    Empty,
    /// No JSON document in the output has the place of the answer.
    #[error("no JSON document in its output has `{0}` (`answer_at`)")]
    NotAt(String),
    /// The last JSON document that may have the place of the answer is invalid or incomplete.
    #[error(
        "the last JSON document in its output that may have `{0}` (`answer_at`) is invalid or incomplete"
    )]
    BrokenDocument(String),
    /// The output has no JSON document and was read as text, which has no answer.
    #[error("{0}; it was read as text, since it has no JSON document")]
    AsText(Box<Self>),
}
