//! `schema`: the Draft 7 schema as a text, for editors.

use speckit_core::app::AppConfig;
use speckit_core::config::source::Language;

use crate::context::{CommandResult, Context, Exit};

pub(crate) fn run(context: &Context) -> CommandResult {
    let named = context.globals.schema.as_ref().map(|path| {
        let builder = context.with_schema(path).map_err(|diagnostics| context.refuse(&diagnostics))?;
        builder.schema_document().map_err(|error| context.refuse(error.diagnostics()))
    });
    let (text, language) =
        named.transpose()?.flatten().unwrap_or_else(|| (AppConfig::SCHEMA.into(), Language::Json));
    context.terminal.document(&text, language);
    Ok(Exit::Ok)
}
