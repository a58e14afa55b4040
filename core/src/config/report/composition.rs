//! What a valid configuration consists of, in one line.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::config::resolve::Checked;
use crate::text::{grouped_count, visible};
use crate::tree::LayerKind;

/// How many files are named.
const MAX_NAMES: usize = 10;

/// What a valid configuration consists of: `ok: 86 values from defaults.toml, speckit.toml and 2 variables`, with a line end.
pub fn composition(checked: &Checked) -> String {
    let mut count = 0;
    let mut names: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    let mut variables = BTreeSet::new();
    let mut overrides = BTreeSet::new();
    checked.merged().root().leaves(&mut |key, _| count += usize::from(!key.is_root()));
    for layer in checked.layers() {
        layer.root().leaves_and_elements(&mut |_, leaf| {
            let source = leaf.origin().source();
            let name = source.variable_name().unwrap_or(source.name());
            match source.layer() {
                LayerKind::Env => drop(variables.insert(name.to_string())),
                LayerKind::Override => drop(overrides.insert(name.to_string())),
                _ if !known.insert(name.to_string()) => {}
                _ => names.push(visible(name)),
            }
        });
    }
    let more = names.len().saturating_sub(MAX_NAMES);
    names.truncate(MAX_NAMES);
    for (number, noun) in [(more, "more file"), (variables.len(), "variable"), (overrides.len(), "override")]
    {
        names.extend((number > 0).then(|| grouped_count(number, noun)));
    }
    let from = match names.split_last() {
        Some((last, [])) => format!(" from {last}"),
        Some((last, front)) => format!(" from {} and {last}", front.join(", ")),
        None => String::new(),
    };
    match count {
        0 => "ok: nothing is set\n".into(),
        _ => format!("ok: {}{from}\n", grouped_count(count, "value")),
    }
}
