//! `check`: validates the layered configuration.

use serde_json::json;
use speckit_core::config::redact::Masks;
use speckit_core::config::report::composition;
use speckit_core::tree::is_ok;
use speckit_core::{Diagnostic, Exit};

use crate::config::inspection::Inspection;
use crate::os::output::Output;

/// Reports the result of a check: these diagnostics, which are those of the configuration and further ones.
pub fn check(output: &Output, opened: &Inspection, diagnostics: &[Diagnostic]) -> Exit {
    let ok = opened.outcome().is_ok() && is_ok(diagnostics);
    let masks = masks_for(diagnostics, || opened.masks());
    output.report(diagnostics, &masks);
    match opened.outcome() {
        _ if output.is_json() => {
            output.json(&json!({ "ok": ok, "diagnostics": output.masked(diagnostics, &masks) }));
        }
        Ok(checked) if ok => output.result(&composition(checked)),
        _ => {}
    }
    if ok { Exit::Ok } else { Exit::of_invalid(diagnostics) }
}

/// The masks for a report, which take as long as the rest of a check; a report of nothing needs none.
pub fn masks_for(diagnostics: &[Diagnostic], masks: impl FnOnce() -> Masks) -> Masks {
    if diagnostics.is_empty() { Masks::default() } else { masks() }
}
