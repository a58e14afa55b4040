//! `schema`: the Draft 7 schema as a text, for editors.

use speckit_core::LayerKind;
use speckit_core::app::AppConfig;
use speckit_core::config::source::Language;

use crate::context::{CommandResult, Context, Exit};
use speckit::internal::documents::{Disk, read_source};

pub(crate) fn run(context: &Context) -> CommandResult {
    match &context.globals.schema {
        None => context.terminal.document(AppConfig::SCHEMA, Language::Json),
        Some(path) => {
            context.rules().map_err(|diagnostics| context.refuse(&diagnostics))?;
            let source = read_source(&Disk, LayerKind::Defaults, path)
                .map_err(|unread| context.refuse(&[unread.diagnostic(path)]))?;
            let is_toml = source.name().ends_with(".toml");
            context.terminal.document(source.text(), if is_toml { Language::Toml } else { Language::Json });
        }
    }
    Ok(Exit::Ok)
}
