//! `explain KEY`: where it was set, which lower layers it overrides, and what the schema requires.

use speckit_core::Exit;
use speckit_core::config::explain::Explanation;

use super::outcome::parse_key;
use crate::config::inspection::Inspection;
use crate::os::output::Output;

/// The explanation of a key. Keys of an invalid configuration are explained too: that is when an explanation is needed most. The
/// diagnostics of the configuration were reported.
///
/// # Errors
/// A layer could not be read, the text is no key, or there is no such key; that was reported.
pub fn explanation(output: &Output, opened: &Inspection, key: &str) -> Result<Explanation, Exit> {
    let Some(merged) = opened.merged() else { return Err(Exit::of_invalid(opened.diagnostics())) };
    let key = parse_key(output, key)?;
    opened.explain(&key).ok_or_else(|| {
        output.refuse(&[opened.rules().keys().unset_key(merged.root(), &key)]);
        Exit::Negative
    })
}

/// Prints an explanation.
pub fn print_explanation(output: &Output, opened: &Inspection, explanation: &Explanation) -> Exit {
    output.print(explanation, explanation.to_text());
    if opened.outcome().is_ok() { Exit::Ok } else { Exit::of_invalid(opened.diagnostics()) }
}
