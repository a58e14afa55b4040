//! `init`: a commented template, made from the schema.

use std::path::Path;

use speckit_core::config::resolve::Rules;
use speckit_core::config::template::template;
use speckit_core::{Diagnostic, LayerKind, Origin, Source, Value};

use crate::args::InitArgs;
use crate::context::{Context, Outcome};
use speckit::internal::documents::{absolute, exists, write_atomically};

/// The schema file that the template of the application names.
const SCHEMA_FILE: &str = "./speckit.schema.json";

pub(crate) fn run(context: &Context, args: &InitArgs) -> Outcome {
    let text = match context.rules().and_then(|rules| text(context, &rules, &args.file)) {
        Ok(text) => text,
        Err(findings) => return context.refuse(&findings),
    };
    let name = args.file.display();
    if !args.force && exists(&args.file) {
        context.terminal.note(&format!("error: `{name}` is there already\nhelp: --force overwrites it\n"));
        return Outcome::Failed;
    }
    if let Err(error) = write_atomically(&args.file, &text) {
        context.terminal.note(&format!("error: `{name}` cannot be written: {error}\n"));
        return Outcome::Failed;
    }
    if context.is_json() {
        context.terminal.json(&serde_json::json!({ "file": args.file }));
    } else {
        context.terminal.result(&format!("wrote {name}\n"));
    }
    if context.is_application() {
        let folder = args.file.parent().unwrap_or(Path::new("")).join("speckit.schema.json");
        let hint = format!("help: for completion in an editor: speckit schema > {}\n", folder.display());
        context.terminal.note(&hint);
    }
    Outcome::Yes
}

fn text(context: &Context, rules: &Rules, file: &Path) -> Result<String, Vec<Diagnostic>> {
    let Some(schema) = rules.schema() else { return Ok(String::new()) };
    let address = match &context.globals.schema {
        // Editors look from the folder of the file, which is not always the working folder.
        Some(path) if file.parent().is_some_and(|folder| !folder.as_os_str().is_empty()) => {
            absolute(path).as_ref().unwrap_or(path).display().to_string()
        }
        Some(path) => path.display().to_string(),
        None => SCHEMA_FILE.to_string(),
    };
    let nothing = || Value::table([], Origin::whole(&Source::fragment(LayerKind::Defaults, "defaults", "")));
    Ok(template(schema, &rules.defaults().cloned().unwrap_or_else(nothing), &address))
}
