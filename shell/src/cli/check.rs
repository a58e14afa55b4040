//! `check`: the layered configuration, or files each by itself.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value as Json, json};
use speckit_core::diagnostic::{in_report_order, is_ok, severe};
use speckit_core::preflight::check_providers;
use speckit_core::redact::Masks;
use speckit_core::resolve::{Checked, Rules};
use speckit_core::{Diagnostic, Layer, LayerKind};

use super::args::CheckArgs;
use super::context::{Context, Opened, Outcome, verdict};
use crate::documents::{command_is_found, read_document};

pub(super) fn run(context: &Context, args: &CheckArgs) -> Outcome {
    if args.files.is_empty() { layered(context) } else { each_by_itself(context, args) }
}

fn layered(context: &Context) -> Outcome {
    let opened = match context.open() {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    let findings = match &opened.outcome {
        Ok(checked) => with_preflight(context, &opened, checked),
        Err(refused) => refused.findings().to_vec(),
    };
    let ok = is_ok(&findings, context.globals.strict);
    let masks = opened.masks();
    context.terminal.report(&findings, &masks);
    if context.is_json() {
        context.terminal.json(&json!({ "ok": ok, "diagnostics": masks.scrubbed(&findings) }));
    } else if let (true, Ok(checked)) = (ok, &opened.outcome) {
        context.terminal.result(&summary(checked));
    }
    if ok { Outcome::Yes } else { verdict(&findings) }
}

/// What the environment of the machine lacks: keys and commands of the providers that the gates use.
fn with_preflight(context: &Context, opened: &Opened, checked: &Checked) -> Vec<Diagnostic> {
    let mut findings = checked.findings().to_vec();
    if context.is_application() {
        let environment = &opened.inputs.environment;
        let is_set = |name: &str| environment.text(name).is_some_and(|text| !text.is_empty());
        let is_found = |command: &str| command_is_found(command, environment.text("PATH"));
        findings.extend(check_providers(checked.merged().root(), &is_set, &is_found));
    }
    severe(in_report_order(findings), context.globals.strict)
}

/// `ok: 86 values from defaults.toml, speckit.toml and 2 variables`.
fn summary(checked: &Checked) -> String {
    let mut count = 0;
    let mut names: Vec<String> = Vec::new();
    let mut variables = BTreeSet::new();
    checked.merged().root().leaves(false, &mut |_, _| count += 1);
    for layer in checked.layers() {
        layer.root().leaves(true, &mut |_, leaf| {
            let source = leaf.origin().source();
            match source.variable_name() {
                Some(name) => drop(variables.insert(name.to_string())),
                None if source.layer() == LayerKind::Env => {}
                None if names.iter().any(|name| name == source.name()) => {}
                None => names.push(source.name().to_string()),
            }
        });
    }
    match variables.len() {
        0 => {}
        1 => names.push("1 variable".into()),
        many => names.push(format!("{many} variables")),
    }
    let from = match names.split_last() {
        Some((last, [])) => format!(" from {last}"),
        Some((last, front)) => format!(" from {} and {last}", front.join(", ")),
        None => String::new(),
    };
    format!("ok: {count} value{}{from}\n", if count == 1 { "" } else { "s" })
}

fn each_by_itself(context: &Context, args: &CheckArgs) -> Outcome {
    let rules = match context.rules() {
        Ok(rules) => rules,
        Err(findings) => return context.refuse(&findings),
    };
    let schema_warnings = rules.schema().map(|schema| schema.warnings().to_vec()).unwrap_or_default();
    let schema_warnings = severe(schema_warnings, context.globals.strict);
    context.terminal.report(&schema_warnings, &Masks::default());
    let is_usable = is_ok(&schema_warnings, context.globals.strict);
    let mut outcome = if is_usable { Outcome::Yes } else { Outcome::No };
    let mut documents: Vec<Json> = Vec::new();
    for path in &args.files {
        let (layer, findings) = alone(path, &rules);
        let findings = severe(findings, context.globals.strict);
        let masks = Masks::of(&layer, &|key| rules.is_secret(key));
        let ok = is_ok(&findings, context.globals.strict);
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

/// One file without layers, and what is to be said of it in the order of reports. A folder is no file.
fn alone(path: &Path, rules: &Rules) -> (Option<Layer>, Vec<Diagnostic>) {
    match read_document(path) {
        Ok((document, empty)) => {
            let (layer, mut findings) = rules.check_alone(&document);
            findings.extend(empty);
            (layer, in_report_order(findings))
        }
        Err(unread) => (None, vec![unread.finding(path)]),
    }
}
