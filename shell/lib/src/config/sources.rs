//! The sources of a configuration. Gathering them is the only effect of loading.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use speckit_core::config::resolve::{Document, Inputs};
use speckit_core::config::source::{Environment, EnvironmentNames, Override};
use speckit_core::{Diagnostic, Layer, LayerKind, Source};

use crate::os::documents;
use crate::os::documents::{FileSource, Files, Unread, absolute};

/// The sources of a configuration that may change, lowest priority first.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Files and folders of files; a later one wins.
    pub files: Vec<FileSource>,
    /// `.env` files; a later one wins.
    pub dotenv: Vec<PathBuf>,
    /// The environment; `None` reads that of the process at each load.
    pub environment: Option<Environment>,
    /// Overrides; a later one wins.
    pub overrides: Vec<Override>,
    /// Layers of the program; each takes the place of its kind.
    pub layers: Vec<GivenLayer>,
}

/// A layer of the program, and its place within its kind.
#[derive(Clone, Debug)]
pub struct GivenLayer {
    /// How many files of its kind are below it.
    pub above: usize,
    /// The layer.
    pub layer: Layer,
}

impl Sources {
    /// Adds a layer above those of its kind that are there already.
    pub(crate) fn add_layer(&mut self, layer: Layer) {
        let above = match layer.kind() {
            LayerKind::File => self.files.len(),
            LayerKind::Dotenv => self.dotenv.len(),
            LayerKind::Override => return self.overrides.push(Override::Values(layer.root().clone())),
            _ => 0,
        };
        self.layers.push(GivenLayer { above, layer });
    }

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
        self.add_layers(&mut inputs, LayerKind::File, 0);
        for (at, file) in self.files.iter().enumerate() {
            let (documents, diagnostics) = documents::read(files, file);
            inputs.documents.extend(documents);
            inputs.diagnostics.extend(diagnostics);
            self.add_layers(&mut inputs, LayerKind::File, at + 1);
        }
        self.add_layers(&mut inputs, LayerKind::Dotenv, 0);
        for (at, path) in self.dotenv.iter().enumerate() {
            let (mut variables, diagnostics) = documents::read_dotenv(files, path, names);
            add_secret_files(&mut variables, files, names);
            inputs.documents.push(Document::Dotenv(variables));
            inputs.diagnostics.extend(diagnostics);
            self.add_layers(&mut inputs, LayerKind::Dotenv, at + 1);
        }
        for kind in [LayerKind::Source, LayerKind::Remote, LayerKind::Env] {
            self.add_layers(&mut inputs, kind, 0);
        }
        add_secret_files(&mut inputs.environment, files, names);
        inputs
    }

    /// Adds the layers of the program that are right above this many files of their kind.
    fn add_layers(&self, inputs: &mut Inputs, kind: LayerKind, above: usize) {
        let here = self.layers.iter().filter(|given| given.layer.kind() == kind && given.above == above);
        inputs.documents.extend(here.map(|given| Document::Parsed(given.layer.clone())));
    }
}

/// Reads the files of secrets that variables name.
fn add_secret_files(variables: &mut Environment, files: &dyn Files, names: Option<&EnvironmentNames<'_>>) {
    for path in names.map(|names| names.secret_files(variables)).unwrap_or_default() {
        let source = documents::read_source(files, LayerKind::Env, Path::new(&path));
        let content = source.map(|source| source.text().to_string()).map_err(|unread| match unread {
            Unread::Missing => "it does not exist".into(),
            Unread::Io(reason) => reason,
            Unread::TooLarge => "it is too large".into(),
            Unread::NotText(_) => "it is not UTF-8".into(),
        });
        variables.add_file(path, content);
    }
}
