//! TOML: reads the tree, and explains the mistakes of a text that has none.

use alloc::sync::Arc;
use alloc::vec::Vec;

use toml::de::DeTable;

use super::syntax;
use super::toml_syntax::diagnostics;
use super::toml_tree::{Refusal, read};
use crate::tree::{Code, Diagnostic, Source, Value, in_report_order};

pub(super) fn parse(source: &Arc<Source>) -> Result<Value, Vec<Diagnostic>> {
    read(source).map_err(|refusal| {
        in_report_order(match refusal {
            Refusal::NotToml => explained(source),
            Refusal::Values(found) => found,
        })
    })
}

/// The mistakes of a text that is not TOML, from the parser of `toml`, which continues after an error.
fn explained(source: &Arc<Source>) -> Vec<Diagnostic> {
    let (root, errors) = DeTable::parse_recoverable(source.text());
    let mut found = diagnostics(source, root.get_ref(), &errors);
    if found.is_empty() {
        let diagnostic =
            syntax(source, Code::ParseToml, "two parsers of TOML disagree about this text", 0..0);
        found.push(diagnostic.help("this is a defect of speckit; please report it with the text"));
    }
    found
}
