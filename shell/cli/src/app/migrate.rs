//! `migrate FILE`: `[[agents]]` becomes `[models]`.

use speckit_core::LayerKind;
use speckit_core::app::migrate::migrate_text;
use speckit_core::config::redact::Masks;

use crate::args::MigrateArgs;
use crate::context::{Context, Outcome};
use speckit::internal::documents::{Disk, copy, exists, read_source, write_atomically};

pub(crate) fn run(context: &Context, args: &MigrateArgs) -> Outcome {
    let name = args.file.display().to_string();
    let source = match read_source(&Disk, LayerKind::File, &args.file) {
        Ok(source) => source,
        Err(unread) => return context.refuse(&[unread.finding(&args.file)]),
    };
    let rules = match context.rules() {
        Ok(rules) => rules,
        Err(findings) => return context.refuse(&findings),
    };
    let migration = match migrate_text(&source) {
        Ok(migration) => migration,
        Err(findings) => {
            context.refuse(&findings);
            return Outcome::No;
        }
    };
    context.terminal.report(migration.warnings(), &Masks::default());
    let diff = migration.diff(&name, &|key| rules.keys().is_secret(key));
    let mut written = false;
    if migration.is_needed() && args.write {
        let backup = std::path::PathBuf::from(format!("{name}.bak"));
        if exists(&backup) {
            context
                .terminal
                .note(&format!("error: `{}` is there already, and is not overwritten\n", backup.display()));
            return Outcome::Failed;
        }
        let result = copy(&args.file, &backup).and_then(|()| write_atomically(&args.file, migration.text()));
        if let Err(error) = result {
            context.terminal.note(&format!("error: `{name}` cannot be written: {error}\n"));
            return Outcome::Failed;
        }
        written = true;
    }
    if context.is_json() {
        let needed = migration.is_needed();
        context.terminal.json(&serde_json::json!({ "needed": needed, "written": written, "diff": diff }));
    } else if !migration.is_needed() {
        context.terminal.result(&format!("{name} has nothing to migrate\n"));
    } else if written {
        context.terminal.result(&format!("wrote {name}, kept the old one as {name}.bak\n"));
    } else {
        context.terminal.result(&diff);
        context.terminal.note(&format!("help: speckit migrate {name} --write\n"));
    }
    Outcome::Yes
}
