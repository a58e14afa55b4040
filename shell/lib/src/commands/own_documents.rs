//! `schema` and `init` for the settings of a builder: which file is written, and which schema it names.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use speckit_core::Exit;
use speckit_core::config::source::Language;
use speckit_core::text::visible;

use super::args::InitArgs;
use super::init::{init as write, schema_address};
use super::outcome::CommandResult;
use crate::config::builder::Builder;
use crate::os::documents::{FileSource, is_folder};
use crate::os::output::Output;

pub(super) fn init<T>(builder: Builder<T>, args: &InitArgs, output: &Output) -> CommandResult
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let files = builder.sources.files.clone();
    let file = args.file.clone().or_else(|| own_file(&files));
    let Some(file) = file else {
        return Err(output.fail_with_help("there is no file to write", "name it: init FILE"));
    };
    let schema = builder.schema_path().map(|schema| schema_address(schema, &file));
    let has_unnamed_schema = schema.is_none() && builder.has_schema();
    let template = builder.template_for(schema.as_deref());
    let template = template.map_err(|error| output.refuse(error.diagnostics()))?;
    if !is_read_as_toml(&files, &file) {
        let message =
            format!("`{}` is not read as TOML, and a template is TOML", visible(&file.to_string_lossy()));
        return Err(output.fail_with_help(message, "name a file that ends in `.toml`"));
    }
    let exit = write(output, &file, &template, args.force)?;
    if has_unnamed_schema {
        let name = visible(&file.file_stem().unwrap_or_default().to_string_lossy());
        output.note(&format!(
            "help: for completion in an editor, write what `schema` prints to {name}.schema.json beside the file, and begin the file \
             with `#:schema ./{name}.schema.json`\n"
        ));
    }
    Ok(exit)
}

/// Prints the schema.
pub(super) fn schema<T>(builder: Builder<T>, output: &Output) -> CommandResult
where
    T: DeserializeOwned + Send + Sync + 'static,
{
    let document = builder.schema_document().map_err(|error| output.refuse(error.diagnostics()))?;
    let Some((text, language)) = document else {
        let help = "`init` writes a file with every setting that is known, and `env` lists the variables";
        return Err(output.fail_with_help("the settings of this program have no JSON Schema", help));
    };
    output.document(&text, language);
    Ok(Exit::Ok)
}

/// The first TOML file that a program reads.
fn own_file(files: &[FileSource]) -> Option<PathBuf> {
    let mut paths = files.iter().map(|file| &file.path);
    paths.find(|path| !is_folder(path) && is_read_as_toml(files, path)).cloned()
}

/// Whether a file without a text of JSON is TOML: as the program says, else by its name.
fn is_read_as_toml(files: &[FileSource], path: &Path) -> bool {
    let known = files.iter().find(|file| file.path == path).and_then(|file| file.language);
    known.map_or_else(|| Language::of(&path.to_string_lossy(), ""), Ok) == Ok(Language::Toml)
}
