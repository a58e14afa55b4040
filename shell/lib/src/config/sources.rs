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
    /// How many files or sources of its kind are below it.
    pub above: usize,
    /// The layer.
    pub layer: Layer,
}

/// A source of one generation: a file, a `.env` file, or a source or a layer of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadSource {
    /// The kind of its layer.
    pub kind: LayerKind,
    /// Its path or its name.
    pub name: String,
    /// Whether it is there; a file may be absent.
    pub is_present: bool,
}

impl ReadSource {
    fn present(kind: LayerKind, name: &str) -> Self {
        Self { kind, name: name.into(), is_present: true }
    }

    fn absent(kind: LayerKind, path: &Path) -> Self {
        Self { kind, name: path.to_string_lossy().into_owned(), is_present: false }
    }
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

    /// Reads all sources once. `own` has the contents of the sources of the program, `names` finds the variables that name files of
    /// secrets, and `environment` is called if no environment was given.
    pub fn gather(
        &self,
        files: &dyn Files,
        own: impl IntoIterator<Item = Result<Document, Diagnostic>>,
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
            let (documents, diagnostics) = documents::read(files, file, Some(&self.files));
            inputs.documents.extend(documents);
            inputs.diagnostics.extend(diagnostics);
            self.add_layers(&mut inputs, LayerKind::File, at + 1);
        }
        self.add_layers(&mut inputs, LayerKind::Source, 0);
        for (at, content) in own.into_iter().enumerate() {
            match content {
                Ok(document) => inputs.documents.push(document),
                Err(diagnostic) => inputs.diagnostics.push(diagnostic),
            }
            self.add_layers(&mut inputs, LayerKind::Source, at + 1);
        }
        self.add_layers(&mut inputs, LayerKind::Dotenv, 0);
        for (at, path) in self.dotenv.iter().enumerate() {
            let (variables, diagnostics) = documents::read_dotenv(files, path, &self.dotenv, names);
            if let Some(mut variables) = variables {
                add_secret_files(&mut variables, files, names);
                inputs.documents.push(Document::Dotenv(variables));
            }
            inputs.diagnostics.extend(diagnostics);
            self.add_layers(&mut inputs, LayerKind::Dotenv, at + 1);
        }
        for kind in [LayerKind::Remote, LayerKind::Env] {
            self.add_layers(&mut inputs, kind, 0);
        }
        add_secret_files(&mut inputs.environment, files, names);
        inputs
    }

    /// The sources of a read in their order, lowest first, and whether each is there. A folder that is there is its files.
    pub(crate) fn read_sources(&self, inputs: &Inputs) -> Vec<ReadSource> {
        let mut all = Vec::new();
        for file in &self.files {
            let is_of_file =
                |name: &str| Path::new(name) == file.path || Path::new(name).parent() == Some(&file.path);
            let names = inputs.documents.iter().filter_map(|document| match document {
                Document::Text(source, _) if source.layer() == LayerKind::File => Some(source.name()),
                _ => None,
            });
            let read = |name: &str| ReadSource::present(LayerKind::File, name);
            let before = all.len();
            all.extend(names.filter(|name| is_of_file(name)).map(read));
            if all.len() == before {
                all.push(ReadSource::absent(LayerKind::File, &file.path));
            }
        }
        let given = inputs.documents.iter().filter_map(|document| match document {
            Document::Parsed(layer) => Some(layer.root().origin().source()),
            Document::Text(source, _) => Some(source).filter(|source| source.layer() == LayerKind::Source),
            _ => None,
        });
        all.extend(given.map(|source| ReadSource::present(source.layer(), source.name())));
        for path in &self.dotenv {
            let is_it = |document: &Document| match document {
                Document::Dotenv(variables) => variables.file().map(Path::new) == Some(path),
                _ => false,
            };
            all.push(match inputs.documents.iter().any(is_it) {
                true => ReadSource::present(LayerKind::Dotenv, &path.to_string_lossy()),
                false => ReadSource::absent(LayerKind::Dotenv, path),
            });
        }
        all.sort_by_key(|source| source.kind);
        all
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
