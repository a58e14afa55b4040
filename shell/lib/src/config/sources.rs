//! The sources of a configuration. Gathering them is the only effect of loading.

use std::path::Path;

use speckit_core::LayerKind;
use speckit_core::config::resolve::Inputs;
use speckit_core::config::source::{Environment, EnvironmentNames, Override};

use crate::os::documents;
use crate::os::documents::{FileSource, Files, Unread};

/// The sources of a configuration that may change, lowest priority first.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Files and folders of files; a later one wins.
    pub files: Vec<FileSource>,
    /// The environment; `None` reads that of the process at each load.
    pub environment: Option<Environment>,
    /// Overrides; a later one wins.
    pub overrides: Vec<Override>,
}

impl Sources {
    /// Reads all sources once. `names` finds the variables that name files of secrets; `environment` is called if no environment was
    /// given.
    pub fn gather(
        &self,
        files: &dyn Files,
        names: Option<&EnvironmentNames<'_>>,
        environment: impl FnOnce() -> Environment,
    ) -> Inputs {
        let mut inputs = Inputs {
            documents: Vec::new(),
            environment: self.environment.clone().unwrap_or_else(environment),
            overrides: self.overrides.clone(),
            diagnostics: Vec::new(),
        };
        for file in &self.files {
            let (documents, diagnostics) = documents::read(files, file);
            inputs.documents.extend(documents);
            inputs.diagnostics.extend(diagnostics);
        }
        for path in names.map(|names| names.secret_files(&inputs.environment)).unwrap_or_default() {
            let source = documents::read_source(files, LayerKind::Env, Path::new(&path));
            let content = source.map(|source| source.text().to_string()).map_err(|unread| match unread {
                Unread::Missing => "it does not exist".into(),
                Unread::Io(reason) => reason,
                Unread::TooLarge => "it is too large".into(),
                Unread::NotUnicode(_) => "it is not UTF-8".into(),
            });
            inputs.environment.add_file(path, content);
        }
        inputs
    }
}
