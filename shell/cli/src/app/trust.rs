//! `trust` and `untrust`: which project files may choose commands.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value as Json, json};
use speckit_core::app::trust::{Review, ReviewedValue, Trust, TrustDecision, TrustRecord, fingerprints};
use speckit_core::config::resolve::Rules;
use speckit_core::text::{columns, visible};
use speckit_core::{Key, Layer, Value};

use crate::args::TrustArgs;
use crate::context::{CommandResult, Context, Exit, visible_path};
use speckit::internal::documents::{Disk, PathInFolder, exists, names_file_in, read_document};
use speckit::internal::{TrustStore, environment};

pub(crate) fn run(context: &Context, args: &TrustArgs) -> CommandResult {
    match &args.file {
        Some(file) => trust(context, file, args.yes),
        None => list(context),
    }
}

fn trust(context: &Context, path: &Path, yes: bool) -> CommandResult {
    let file = path_in_folder(context, path)?;
    let (layer, rules) = read(context, path)?;
    let store = TrustStore::of_user(&environment::capture());
    let present = fingerprints(layer.root());
    let record = match store.trust(&file) {
        Trust::Recorded(record) => record,
        Trust::Named => None,
        Trust::Unusable { problem } => {
            context.terminal.note(&format!("note: {}\n", visible(&problem)));
            None
        }
    };
    let decision = TrustDecision::of(&present, record.as_ref());
    let review = review(&file, layer.root(), &decision, &rules);
    if !context.is_json() {
        context.terminal.result(&review.to_text());
    }
    if decision == TrustDecision::Trusted {
        let is_recorded = !review.values.is_empty();
        report(context, &review, true, if is_recorded { "It is trusted already.\n" } else { "" });
        return Ok(Exit::Ok);
    }
    if !yes && !is_answered_yes(context, &review)? {
        report(context, &review, false, "It is not trusted.\n");
        return Ok(Exit::Negative);
    }
    let record = TrustRecord::new(file.path().to_string_lossy(), present);
    store.keep(&file, &record).map_err(|problem| {
        let exit = context.fail(format!("the file is not trusted: {problem}"));
        report(context, &review, false, "");
        exit
    })?;
    report(context, &review, true, "It is trusted now, until one of these values changes.\n");
    Ok(Exit::Ok)
}

fn path_in_folder(context: &Context, path: &Path) -> Result<PathInFolder, Exit> {
    let file = PathInFolder::of(path);
    file.map_err(|error| context.fail(format!("`{}`: {error}", path.display())))
}

/// The layer of a file, which need not obey the schema, and the rules that say which of its values are secret.
fn read(context: &Context, path: &Path) -> Result<(Layer, Rules), Exit> {
    if !context.is_application() {
        let message = "trust belongs to the built-in schema, which --schema replaces";
        return Err(context.fail_with_help(message, "run without --schema"));
    }
    let rules = context.rules().map_err(|diagnostics| context.refuse(&diagnostics))?;
    let (document, _) = read_document(&Disk, path, context.language())
        .map_err(|unread| context.refuse(&[unread.diagnostic(path)]))?;
    let outcome = rules.check_alone(&document);
    let layers = match &outcome {
        Ok(checked) => checked.layers(),
        Err(refused) => refused.layers(),
    };
    match (layers.first().cloned(), &outcome) {
        (Some(layer), _) => Ok((layer, rules)),
        (None, Err(refused)) => {
            context.report_refusal(refused.diagnostics(), &refused.masks(&rules));
            Err(Exit::Incomplete)
        }
        // A document that is accepted is a layer.
        (None, Ok(_)) => Err(Exit::Incomplete),
    }
}

fn review(file: &PathInFolder, root: &Value, decision: &TrustDecision, rules: &Rules) -> Review {
    let environment = environment::capture();
    let is_secret = |key: &Key, value: &Value| rules.keys().is_secret(key, value);
    let is_project_file = |text: &str, is_command: bool| {
        names_file_in(file.folder(), text, is_command, environment.text("PATH"))
    };
    Review::of(file.path().to_string_lossy(), root, decision, &is_secret, &is_project_file)
}

/// Asks the person; nothing but a clear yes is one.
fn is_answered_yes(context: &Context, review: &Review) -> Result<bool, Exit> {
    if !context.terminal.can_ask() {
        let help = "read the values, and add --yes to trust them; SPECKIT_TRUST names the files that a CI job trusts";
        let exit = context.fail_with_help("nobody can be asked: the standard input is not a terminal", help);
        report(context, review, false, "");
        return Err(exit);
    }
    // The question needs the values beside it, wherever the result goes.
    if context.is_json() || !context.terminal.shows_results() {
        context.terminal.note(&review.to_text());
    }
    let answer = context.terminal.answer("Do you trust it? [y/N] ");
    let answer = answer.map_err(|error| context.fail(format!("the answer cannot be read: {error}")))?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Prints the result: the document where the format is JSON, else the line.
fn report(context: &Context, review: &Review, is_trusted: bool, line: &str) {
    let Review { file, changed, values, .. } = review;
    context.print(&TrustJson { file, trusted: is_trusted, changed, values }, line);
}

/// The document of `trust FILE`.
#[derive(Serialize)]
struct TrustJson<'a> {
    file: &'a str,
    trusted: bool,
    changed: &'a [String],
    values: &'a [ReviewedValue],
}

pub(crate) fn untrust(context: &Context, path: &Path) -> CommandResult {
    let file = path_in_folder(context, path)?;
    let store = TrustStore::of_user(&environment::capture());
    let is_removed = store.remove(&file).map_err(|problem| context.fail(problem))?;
    let name = visible_path(&file.path());
    let text = match is_removed {
        true => format!("`{name}` is no longer trusted\n"),
        false => format!("`{name}` was not trusted\n"),
    };
    context.print(&json!({ "file": file.path().to_string_lossy(), "removed": is_removed }), text);
    if store.trust(&file) == Trust::Named {
        context.terminal.note("note: SPECKIT_TRUST names it, so that it is trusted nevertheless\n");
    }
    Ok(if is_removed { Exit::Ok } else { Exit::Negative })
}

fn list(context: &Context) -> CommandResult {
    let store = TrustStore::of_user(&environment::capture());
    let (records, unusable) = store.all().map_err(|problem| context.fail(problem))?;
    for record in &unusable {
        context.terminal.note(&format!("warning: {}\n", visible(&record.problem)));
    }
    if context.is_json() {
        let files = records.iter().map(|record| {
            let keys: Vec<&String> = record.fingerprints.keys().collect();
            json!({ "file": record.file, "keys": keys, "exists": exists(Path::new(&record.file)) })
        });
        let unusable = unusable
            .iter()
            .map(|record| json!({ "record": record.path.to_string_lossy(), "problem": record.problem }));
        let (files, unusable): (Vec<Json>, Vec<Json>) = (files.collect(), unusable.collect());
        context.terminal.json(&json!({ "files": files, "unusable": unusable }));
    } else if records.is_empty() {
        context.terminal.result("no file is trusted\n");
    } else {
        let rows: Vec<[String; 2]> = records.iter().map(row).collect();
        context.terminal.result(&columns(&["FILE", "TRUSTED KEYS"], &rows));
    }
    Ok(Exit::Ok)
}

fn row(record: &TrustRecord) -> [String; 2] {
    let keys = record.fingerprints.keys().map(|key| visible(key)).collect::<Vec<_>>().join(", ");
    let is_gone = !exists(Path::new(&record.file));
    [visible(&record.file), if is_gone { format!("{keys} (the file is gone)") } else { keys }]
}
