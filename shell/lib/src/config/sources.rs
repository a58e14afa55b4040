//! The sources of a configuration. Gathering them is the only effect of loading.

use std::path::Path;
use std::sync::Arc;

use speckit_core::config::resolve::{Document, Inputs};
use speckit_core::config::source::{Environment, EnvironmentNames, Override};
use speckit_core::{Diagnostic, LayerKind, Source};

use crate::os::documents;
use crate::os::documents::{FileSource, Files, Unread, absolute};

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
    /// A text of one of the files, or of a file of one of the folders, as a document.
    ///
    /// # Errors
    /// The format of the file is not read.
    pub fn document(&self, path: &Path, source: Arc<Source>) -> Result<Document, Diagnostic> {
        let is_it = |file: &&FileSource| {
            let known = absolute(&file.path).unwrap_or_else(|_| file.path.clone());
            let path = absolute(path).unwrap_or_else(|_| path.to_path_buf());
            path == known || path.parent() == Some(&known)
        };
        let language = self.files.iter().find(is_it).and_then(|file| file.language);
        documents::document(source, &path.to_string_lossy(), language)
    }

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
                Unread::NotText(_) => "it is not UTF-8".into(),
            });
            inputs.environment.add_file(path, content);
        }
        inputs
    }
}
