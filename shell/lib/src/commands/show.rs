//! `show`: the resolved configuration, or one key of it.

use speckit_core::Exit;
use speckit_core::config::redact::redact;
use speckit_core::config::resolve::Checked;
use speckit_core::tree::print;

use super::outcome::{CommandResult, parse_key};
use crate::os::output::Output;

/// What is shown of a configuration.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The key; all keys if it is empty.
    pub key: &'a str,
    /// Whether to show where each value was set.
    pub origins: bool,
    /// Whether to show secrets.
    pub reveal: bool,
}

/// Prints a part of a checked configuration.
///
/// # Errors
/// The key is none, or is not set; that was reported.
pub fn show(output: &Output, checked: &Checked, selected: Selection<'_>) -> CommandResult {
    let keys = checked.keys();
    let root = checked.merged().root();
    let root =
        if selected.reveal { root.clone() } else { redact(root, &|key, value| keys.is_secret(key, value)) };
    let key = parse_key(output, selected.key)?;
    let value = root.get(&key).ok_or_else(|| {
        output.refuse(&[keys.unset_key(&root, &key)]);
        Exit::Negative
    })?;
    match (output.is_json(), selected.origins) {
        (true, true) => output.json(&print::origins_json(value)),
        (true, false) => output.json(value),
        (false, true) => output.result(&print::with_origins(value, &key)),
        (false, false) if value.as_table().is_some() => {
            output.result(&print::part_to_toml(value, &key));
        }
        (false, false) => output.result(&format!("{value}\n")),
    }
    Ok(Exit::Ok)
}
