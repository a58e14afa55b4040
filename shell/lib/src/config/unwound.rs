//! Calls code of the embedder that may panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The result of a closure, or the message of its panic.
pub(crate) fn unwound<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".into())
    })
}
