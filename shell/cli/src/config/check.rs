//! `check`: validates the layered configuration, or each file alone.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use speckit_core::Diagnostic;
use speckit_core::agents::Stage;
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::{Checked, Rules};
use speckit_core::tree::{in_report_order, is_ok, with_strictness};

use super::named_schema::named_schema;
use crate::context::{CommandResult, Context, Exit, missing_requirements, visible_path};
use speckit::Inspection;
use speckit::commands::steps::{check, masks_for};
use speckit::internal::documents::{Disk, read_document};

pub(crate) fn run(context: &Context, files: &[PathBuf]) -> CommandResult {
    if files.is_empty() { check_layers(context) } else { check_each(context, files) }
}

fn check_layers(context: &Context) -> CommandResult {
    let opened = context.open()?;
    let diagnostics = match opened.outcome() {
        Ok(checked) => with_missing_requirements(context, &opened, checked),
        Err(refused) => refused.diagnostics().to_vec(),
    };
    let exit = check(&context.terminal, &opened, &diagnostics);
    context.note_trust(&opened);
    Ok(exit)
}

/// The diagnostics of the configuration, and of credentials and commands that its gates need and that are missing.
fn with_missing_requirements(context: &Context, opened: &Inspection, checked: &Checked) -> Vec<Diagnostic> {
    let mut diagnostics = checked.diagnostics().to_vec();
    if context.is_application() {
        let root = checked.merged().root();
        let logins = context.logins(opened, root);
        diagnostics.extend(missing_requirements(opened.environment(), root, &Stage::ALL, &logins));
    }
    with_strictness(in_report_order(diagnostics), context.globals.strict)
}

fn check_each(context: &Context, files: &[PathBuf]) -> CommandResult {
    let rules = context.rules().map_err(|diagnostics| context.refuse(&diagnostics))?;
    let schema_warnings = rules.schema().map(|schema| schema.warnings().to_vec()).unwrap_or_default();
    let schema_warnings = with_strictness(schema_warnings, context.globals.strict);
    context.terminal.report(&schema_warnings, &Masks::of_schemas(&schema_warnings));
    let mut exit = if is_ok(&schema_warnings) { Exit::Ok } else { Exit::Negative };
    let mut documents: Vec<Json> = Vec::new();
    for path in files {
        let FileReport { diagnostics, masks, is_complete } = check_alone(context, path, &rules);
        let diagnostics = with_strictness(diagnostics, context.globals.strict);
        let ok = is_ok(&diagnostics);
        context.terminal.report(&diagnostics, &masks);
        let name = path.display().to_string();
        if !context.is_json() && ok {
            context.terminal.result(&format!("ok: {}\n", visible_path(path)));
        }
        documents.push(
            json!({ "file": name, "ok": ok, "diagnostics": context.terminal.masked(&diagnostics, &masks) }),
        );
        if !ok && exit != Exit::Incomplete {
            exit = if is_complete { Exit::of_invalid(&diagnostics) } else { Exit::Incomplete };
        }
    }
    if context.is_json() {
        context.terminal.json(&json!({ "ok": exit == Exit::Ok, "files": documents }));
    }
    Ok(exit)
}

/// The result of checking one file.
struct FileReport {
    /// In the order of reports.
    diagnostics: Vec<Diagnostic>,
    masks: Masks,
    /// Whether the file could be checked.
    is_complete: bool,
}

/// Checks one file without layers: against the schema of the options, else the one that it names, else the built-in one.
fn check_alone(context: &Context, path: &Path, rules: &Rules) -> FileReport {
    let (document, further) = match read_document(&Disk, path, context.language()) {
        Ok(read) => read,
        Err(unread) => {
            let diagnostics = vec![unread.diagnostic(path)];
            return FileReport { diagnostics, masks: Masks::default(), is_complete: true };
        }
    };
    let named = if context.is_application() { named_schema(context, path, &document) } else { Ok(None) };
    let (own, warning) = match named {
        Ok(named) => named.unzip(),
        Err(error) => {
            return FileReport { diagnostics: vec![error], masks: Masks::default(), is_complete: false };
        }
    };
    let rules = own.as_ref().unwrap_or(rules);
    let outcome = rules.check_alone(&document);
    let mut diagnostics = match &outcome {
        Ok(checked) => checked.diagnostics().to_vec(),
        Err(refused) => refused.diagnostics().to_vec(),
    };
    diagnostics.extend(further);
    diagnostics.extend(warning.flatten());
    let masks = masks_for(&diagnostics, || match &outcome {
        Ok(checked) => checked.masks(rules),
        Err(refused) => refused.masks(rules),
    });
    FileReport { diagnostics: in_report_order(diagnostics), masks, is_complete: true }
}
