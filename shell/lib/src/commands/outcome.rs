//! The result of reading a configuration, as every command reports it.

use speckit_core::config::resolve::Checked;
use speckit_core::{Exit, Key, KeyError};

use crate::config::inspection::Inspection;
use crate::os::output::Output;

/// `Err` if a command ends early; its reason is already reported.
pub type CommandResult = Result<Exit, Exit>;

/// The checked configuration, with its warnings reported.
///
/// # Errors
/// It is invalid; every diagnostic was reported.
pub fn valid<'i>(output: &Output, opened: &'i Inspection) -> Result<&'i Checked, Exit> {
    let masks = opened.masks();
    match opened.outcome() {
        Ok(checked) => {
            output.report(opened.diagnostics(), &masks);
            Ok(checked)
        }
        Err(refused) => {
            output.report_refusal(refused.diagnostics(), &masks);
            Err(Exit::of_invalid(refused.diagnostics()))
        }
    }
}

/// The key that a person typed.
///
/// # Errors
/// It is no key; that was reported.
pub(super) fn parse_key(output: &Output, text: &str) -> Result<Key, Exit> {
    text.parse().map_err(|error: KeyError| output.fail(format!("`{text}` is not a key: {error}")))
}
