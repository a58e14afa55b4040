//! `init`: a commented template of the configuration, from the schema.

use speckit_core::Diagnostic;

use crate::args::InitArgs;
use crate::context::{CommandResult, Context, visible_path};
use speckit::commands::steps::{init, schema_address};

/// The schema file that the template of the application names.
pub(super) const SCHEMA_FILE: &str = "./speckit.schema.json";

pub(crate) fn run(context: &Context, args: &InitArgs) -> CommandResult {
    let template = template(context, args).map_err(|diagnostics| context.refuse(&diagnostics))?;
    let exit = init(&context.terminal, &args.file, &template, args.force)?;
    if context.is_application() {
        let schema = args.file.with_file_name("speckit.schema.json");
        let hint = format!("help: for completion in an editor: speckit schema > {}\n", visible_path(&schema));
        context.terminal.note(&hint);
    }
    Ok(exit)
}

fn template(context: &Context, args: &InitArgs) -> Result<String, Vec<Diagnostic>> {
    let template = match &context.globals.schema {
        Some(path) => context.with_schema(path)?.template_for(Some(&schema_address(path, &args.file))),
        None => context.application()?.template_for(Some(SCHEMA_FILE)),
    };
    template.map_err(|error| error.diagnostics().to_vec())
}
