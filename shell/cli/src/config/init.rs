//! `init`: a commented template of the configuration, from the schema.

use std::path::Path;

use speckit_core::config::resolve::Rules;
use speckit_core::config::template::template;
use speckit_core::{Diagnostic, LayerKind, Origin, Source, Value};

use crate::args::InitArgs;
use crate::context::{CommandResult, Context, Exit, visible_path};
use speckit::internal::documents::{absolute, exists};

/// The schema file that the template of the application names.
pub(super) const SCHEMA_FILE: &str = "./speckit.schema.json";

pub(crate) fn run(context: &Context, args: &InitArgs) -> CommandResult {
    let text = context.rules().and_then(|rules| text(context, &rules, &args.file));
    let text = text.map_err(|diagnostics| context.refuse(&diagnostics))?;
    let name = visible_path(&args.file);
    if !args.force && exists(&args.file) {
        return Err(context.fail_with_help(format!("`{name}` exists already"), "--force overwrites it"));
    }
    context
        .write_file(&args.file, &text)
        .map_err(|error| context.fail(format!("`{name}` cannot be written: {error}")))?;
    context.print(&serde_json::json!({ "file": args.file }), format_args!("wrote {name}\n"));
    if context.is_application() {
        let schema = args.file.with_file_name("speckit.schema.json");
        let hint = format!("help: for completion in an editor: speckit schema > {}\n", visible_path(&schema));
        context.terminal.note(&hint);
    }
    Ok(Exit::Ok)
}

fn text(context: &Context, rules: &Rules, file: &Path) -> Result<String, Vec<Diagnostic>> {
    let Some(schema) = rules.schema() else { return Ok(String::new()) };
    let address = match &context.globals.schema {
        // Editors resolve it from the folder of the file, which may not be the working folder.
        Some(path) if file.parent().is_some_and(|folder| !folder.as_os_str().is_empty()) => {
            absolute(path).as_ref().unwrap_or(path).display().to_string()
        }
        Some(path) => path.display().to_string(),
        None => SCHEMA_FILE.to_string(),
    };
    let nothing = || Value::table([], Origin::whole(&Source::fragment(LayerKind::Defaults, "defaults", "")));
    Ok(template(schema, &rules.defaults().cloned().unwrap_or_else(nothing), &address))
}
