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
        return Err(match files.iter().find(|file| is_read_as(&file.path, file.language, is_json)) {
            Some(json) => output.fail_with_help(
                format!(
                    "`{}` is read as JSON, and a template is TOML",
                    visible(&json.path.to_string_lossy())
                ),
                "`show --format json` prints the settings in use, to start from",
            ),
            None => output.fail_with_help("there is no file to write", "name it: init FILE"),
        });
    };
    let schema = builder.schema_path().map(|schema| schema_address(schema, &file));
    let has_unnamed_schema = schema.is_none() && builder.has_schema();
    let template = builder.template_for(schema.as_deref());
    let template = template.map_err(|error| output.refuse(error.diagnostics()))?;
    let known = files.iter().find(|known| known.path == file).and_then(|known| known.language);
    if !is_read_as(&file, known, is_toml) {
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

/// The first file that a program reads as TOML: as the program or its name says, else one that has an extension but that of a folder
/// (`conf.d`), which may not exist yet.
fn own_file(files: &[FileSource]) -> Option<PathBuf> {
    let is_called = |path: &Path, extension: &str| {
        path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension))
    };
    let is_surely = |file: &&FileSource| {
        file.language == Some(Language::Toml) || (file.language.is_none() && is_called(&file.path, "toml"))
    };
    let may_be = |file: &&FileSource| {
        file.path.extension().is_some()
            && !is_called(&file.path, "d")
            && is_read_as(&file.path, file.language, is_toml)
    };
    let mut paths = files.iter().filter(|file| !is_folder(&file.path));
    paths.clone().find(is_surely).or_else(|| paths.find(may_be)).map(|file| file.path.clone())
}

fn is_toml(language: Language) -> bool {
    language == Language::Toml
}

fn is_json(language: Language) -> bool {
    language != Language::Toml
}

/// Whether a file is read as such a language, if its text does not say it is JSON: as the program says, else by its name.
fn is_read_as(path: &Path, known: Option<Language>, is_wanted: fn(Language) -> bool) -> bool {
    known.map_or_else(|| Language::of(&path.to_string_lossy(), ""), Ok).is_ok_and(is_wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_to_write_is_toml_and_no_folder() {
        let existing = tempfile::Builder::new().suffix(".toml").tempdir().unwrap();
        let first = |paths: &[&str]| {
            let files: Vec<FileSource> = paths
                .iter()
                .map(|path| FileSource { path: path.into(), required: false, language: None })
                .collect();
            own_file(&files)
        };
        for (paths, expected) in [
            (&["conf.d", "app.toml"][..], Some("app.toml")),
            (&["/etc/app", "c.json", "APP.TOML"], Some("APP.TOML")),
            (&["app.conf", "app.toml"], Some("app.toml")),
            (&["app.conf"], Some("app.conf")),
            (&["conf.d", "settings", "c.json", "a.yaml"], None),
            (&[existing.path().to_str().unwrap()], None),
            (&[], None),
        ] {
            assert_eq!(first(paths), expected.map(PathBuf::from), "{paths:?}");
        }
    }
}
