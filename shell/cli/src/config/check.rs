//! `check`: the layered configuration, or files each by itself.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value as Json, json};
use speckit_core::agents::Stage;
use speckit_core::config::redact::Masks;
use speckit_core::config::resolve::{Checked, Rules};
use speckit_core::tree::{in_report_order, is_ok, strictly};
use speckit_core::{Diagnostic, LayerKind, text};

use crate::args::CheckArgs;
use crate::context::{Context, Outcome, lacking, verdict};
use speckit::Inspection;
use speckit::internal::documents::{Disk, read_document};

pub(crate) fn run(context: &Context, args: &CheckArgs) -> Outcome {
    if args.files.is_empty() { layered(context) } else { each_by_itself(context, args) }
}

fn layered(context: &Context) -> Outcome {
    let opened = match context.open() {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    let findings = match opened.outcome() {
        Ok(checked) => with_preflight(context, &opened, checked),
        Err(refused) => refused.findings().to_vec(),
    };
    let ok = opened.outcome().is_ok() && is_ok(&findings);
    let masks = opened.masks();
    context.terminal.report(&findings, &masks);
    if context.is_json() {
        context.terminal.json(&json!({ "ok": ok, "diagnostics": masks.scrubbed(&findings) }));
    } else if let (true, Ok(checked)) = (ok, opened.outcome()) {
        context.terminal.result(&summary(checked));
    }
    if ok { Outcome::Yes } else { verdict(&findings) }
}

/// What the environment of the machine lacks: keys and commands of the providers that the gates use.
fn with_preflight(context: &Context, opened: &Inspection, checked: &Checked) -> Vec<Diagnostic> {
    let mut findings = checked.findings().to_vec();
    if context.is_application() {
        findings.extend(lacking(opened.environment(), checked.merged().root(), &Stage::ALL));
    }
    strictly(in_report_order(findings), context.globals.strict)
}

/// `ok: 86 values from defaults.toml, speckit.toml and 2 variables`.
fn summary(checked: &Checked) -> String {
    let mut count = 0;
    let mut names: Vec<String> = Vec::new();
    let mut variables = BTreeSet::new();
    let mut overrides = BTreeSet::new();
    checked.merged().root().leaves(false, &mut |_, _| count += 1);
    for layer in checked.layers() {
        layer.root().leaves(true, &mut |_, leaf| {
            let source = leaf.origin().source();
            let name = source.variable_name().unwrap_or(source.name());
            match source.layer() {
                LayerKind::Env => drop(variables.insert(name.to_string())),
                LayerKind::Override => drop(overrides.insert(name.to_string())),
                _ if names.iter().any(|known| known == name) => {}
                _ => names.push(name.to_string()),
            }
        });
    }
    for (found, noun) in [(variables.len(), "variable"), (overrides.len(), "override")] {
        names.extend((found > 0).then(|| text::count(found, noun)));
    }
    let from = match names.split_last() {
        Some((last, [])) => format!(" from {last}"),
        Some((last, front)) => format!(" from {} and {last}", front.join(", ")),
        None => String::new(),
    };
    let values = if count == 0 { "nothing is set".into() } else { text::count(count, "value") };
    format!("ok: {values}{from}\n")
}

fn each_by_itself(context: &Context, args: &CheckArgs) -> Outcome {
    let rules = match context.rules() {
        Ok(rules) => rules,
        Err(findings) => return context.refuse(&findings),
    };
    let schema_warnings = rules.schema().map(|schema| schema.warnings().to_vec()).unwrap_or_default();
    let schema_warnings = strictly(schema_warnings, context.globals.strict);
    context.terminal.report(&schema_warnings, &Masks::default());
    let is_usable = is_ok(&schema_warnings);
    let mut outcome = if is_usable { Outcome::Yes } else { Outcome::No };
    let mut documents: Vec<Json> = Vec::new();
    for path in &args.files {
        let (findings, masks) = alone(path, &rules);
        let findings = strictly(findings, context.globals.strict);
        let ok = is_ok(&findings);
        context.terminal.report(&findings, &masks);
        let name = path.display().to_string();
        if !context.is_json() && ok {
            context.terminal.result(&format!("ok: {name}\n"));
        }
        documents.push(json!({ "file": name, "ok": ok, "diagnostics": masks.scrubbed(&findings) }));
        if !ok {
            outcome = match verdict(&findings) {
                Outcome::Failed => Outcome::Failed,
                _ if outcome == Outcome::Failed => Outcome::Failed,
                verdict => verdict,
            };
        }
    }
    if context.is_json() {
        context.terminal.json(&json!({ "ok": outcome == Outcome::Yes, "files": documents }));
    }
    outcome
}

/// What is to be said of one file without layers, in the order of reports. A folder is no file.
fn alone(path: &Path, rules: &Rules) -> (Vec<Diagnostic>, Masks) {
    let (document, empty) = match read_document(&Disk, path) {
        Ok(read) => read,
        Err(unread) => return (vec![unread.finding(path)], Masks::default()),
    };
    let (mut findings, masks) = match rules.check_alone(&document) {
        Ok(checked) => (checked.findings().to_vec(), checked.masks(rules)),
        Err(refused) => (refused.findings().to_vec(), refused.masks(rules)),
    };
    findings.extend(empty);
    (in_report_order(findings), masks)
}
