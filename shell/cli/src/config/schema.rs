//! `schema`: the Draft 7 schema as a text, for editors.

use std::path::Path;
use std::sync::Arc;

use speckit_core::app::AppConfig;
use speckit_core::{Diagnostic, LayerKind, Source};

use crate::context::{Context, Outcome};
use speckit::internal::documents::{Disk, read_source};

pub(crate) fn run(context: &Context) -> Outcome {
    let Some(path) = &context.globals.schema else {
        context.terminal.result(AppConfig::SCHEMA);
        return Outcome::Yes;
    };
    match context.rules().and_then(|_| read(path)) {
        Ok(source) => context.terminal.result(source.text()),
        Err(findings) => return context.refuse(&findings),
    }
    Outcome::Yes
}

fn read(path: &Path) -> Result<Arc<Source>, Vec<Diagnostic>> {
    read_source(&Disk, LayerKind::Defaults, path).map_err(|unread| vec![unread.finding(path)])
}
