//! `migrate FILE`: `[[agents]]` becomes `[models]`.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use speckit_core::LayerKind;
use speckit_core::app::migrate::migrate_text;
use speckit_core::config::resolve::Document;
use speckit_core::config::source::Language;

use crate::args::MigrateArgs;
use crate::context::{CommandResult, Context, Exit, visible_path};
use speckit::internal::documents::{Disk, copy, exists, read_source};

pub(crate) fn run(context: &Context, args: &MigrateArgs) -> CommandResult {
    let name = args.file.display().to_string();
    let source = read_source(&Disk, LayerKind::File, &args.file)
        .map_err(|unread| context.refuse(&[unread.diagnostic(&args.file)]))?;
    let rules = context.rules().map_err(|diagnostics| context.refuse(&diagnostics))?;
    let masks = match rules.check_alone(&Document::Text(Arc::clone(&source), Language::Toml)) {
        Ok(checked) => checked.masks(&rules),
        Err(refused) => refused.masks(&rules),
    };
    let migration = migrate_text(&source).map_err(|diagnostics| {
        context.report_refusal(&diagnostics, &masks);
        Exit::Negative
    })?;
    context.terminal.report(migration.warnings(), &masks);
    let diff = migration.diff(&name, &|key, value| rules.keys().is_secret(key, value));
    let is_needed = migration.is_needed();
    let is_written = is_needed && args.write;
    if is_written {
        let backup = PathBuf::from(format!("{name}.bak"));
        if exists(&backup) {
            let backup = backup.display();
            return Err(context.fail(format!("`{backup}` exists already: move it away; nothing was changed")));
        }
        copy(&args.file, &backup)
            .and_then(|()| context.write_file(&args.file, migration.text()))
            .map_err(|error| context.fail(format!("`{name}` cannot be written: {error}")))?;
    }
    let name = visible_path(&args.file);
    if context.is_json() {
        context.terminal.json(&json!({ "needed": is_needed, "written": is_written, "diff": diff }));
    } else if !is_needed {
        context.terminal.result(&format!("{name} has nothing to migrate\n"));
    } else if is_written {
        context.terminal.result(&format!("wrote {name}, kept the old one as {name}.bak\n"));
    } else {
        context.terminal.result(&diff);
        context
            .terminal
            .note(&format!("nothing was written; to write the file: speckit migrate {name} --write\n"));
    }
    Ok(Exit::Ok)
}
