//! Whether the project file that the program found by itself is trusted, where a command needs that.

use std::path::Path;

use serde::de::DeserializeOwned;
use speckit_core::app::trust::{ProjectFile, Subtree, Trust, database_is_of};
use speckit_core::config::redact::Masks;
use speckit_core::config::source::Environment;
use speckit_core::text::visible;
use speckit_core::{Diagnostic, Layer, Value};

use super::{Context, Exit, Logins};
use speckit::internal::documents::PathInFolder;
use speckit::internal::{PROJECT_FILE, TrustStore, environment};
use speckit::{Builder, Inspection};

/// What a command uses of a project file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    subtrees: &'static [Subtree],
    /// Whether it opens the database of the settings.
    database: bool,
}

impl Need {
    pub(crate) const NOTHING: Self = Self { subtrees: &[], database: false };
    pub(crate) const DATABASE: Self = Self { subtrees: &[], database: true };
    pub(crate) const LOGINS: Self = Self { subtrees: &[Subtree::Auth], database: false };
    pub(crate) const COMMANDS: Self = Self { subtrees: &[Subtree::PolicyCommands], database: false };

    /// A run of a gate.
    pub(crate) fn of_gate(is_recorded: bool) -> Self {
        Self { subtrees: Subtree::OF_GATES, database: is_recorded }
    }

    fn subtrees(self, layers: &[Layer]) -> Vec<Subtree> {
        let database = (self.database && database_is_of(layers, &is_project)).then_some(Subtree::StorePath);
        self.subtrees.iter().copied().chain(database).collect()
    }
}

/// Errors about a file that is not trusted, and the masks of a report of them.
pub(crate) struct Untrusted {
    diagnostics: Vec<Diagnostic>,
    masks: Masks,
}

/// The project files of a command, and the records of their trust.
#[derive(Clone, Debug)]
struct Project {
    /// `None` if no file is found by itself: other ones are named.
    store: Option<TrustStore>,
}

impl Project {
    fn files<'l>(&self, layers: &'l [Layer]) -> Vec<ProjectFile<'l>> {
        let Some(store) = &self.store else { return Vec::new() };
        let trust = |name: &str| match PathInFolder::of(Path::new(name)) {
            Ok(file) => store.trust(&file),
            Err(error) => Trust::Unusable { problem: format!("its folder is not known: {error}") },
        };
        ProjectFile::all(layers, &is_project, &trust)
    }

    fn refusals(&self, layers: &[Layer], need: Need) -> Vec<Diagnostic> {
        let needed = need.subtrees(layers);
        self.files(layers).iter().filter_map(|file| file.refusal(&needed)).collect()
    }
}

/// Whether a file of this name is the project file, or in a folder of that name.
fn is_project(name: &str) -> bool {
    Path::new(name).starts_with(PROJECT_FILE)
}

impl Context {
    fn project(&self) -> Project {
        let environment = environment::capture();
        Project { store: self.finds_files(&environment).then(|| TrustStore::of_user(&environment)) }
    }

    /// Whether no option and no variable names the configuration files. Those of another schema choose no commands.
    fn finds_files(&self, environment: &Environment) -> bool {
        self.is_application()
            && self.globals.config.is_empty()
            && self.own_variable("CONFIG", environment).is_none()
    }

    /// Why a command may not use a configuration; `None` if all that it needs is trusted.
    pub(crate) fn untrusted(&self, opened: &Inspection, need: Need) -> Option<Untrusted> {
        let diagnostics = self.project().refusals(opened.layers(), need);
        (!diagnostics.is_empty()).then(|| Untrusted { diagnostics, masks: opened.masks() })
    }

    /// Refuses a configuration with a file that this command needs, and that is not trusted.
    pub(crate) fn require_trust(&self, opened: &Inspection, need: Need) -> Result<(), Exit> {
        self.untrusted(opened, need).map_or(Ok(()), |untrusted| Err(self.refuse_untrusted(&untrusted)))
    }

    /// Reports a file that is not trusted; the command fails.
    pub(crate) fn refuse_untrusted(&self, untrusted: &Untrusted) -> Exit {
        self.report_refusal(&untrusted.diagnostics, &untrusted.masks);
        Exit::Incomplete
    }

    /// A builder that refuses a configuration with a file that is needed and not trusted.
    pub(crate) fn with_trust<T>(&self, builder: Builder<T>, need: Need) -> Builder<T>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let project = self.project();
        builder.check_layers(move |layers, _| project.refusals(layers, need))
    }

    /// As [`Context::with_trust`] for a program that reloads: it keeps its configuration when a file changes what was trusted. Each reload
    /// reads the records again, and a new record causes one.
    pub(crate) fn with_lasting_trust<T>(&self, builder: Builder<T>, need: Need) -> Builder<T>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let project = self.project();
        let file = PathInFolder::of(Path::new(PROJECT_FILE)).ok();
        let record = file.zip(project.store.as_ref()).and_then(|(file, store)| store.record_path(&file));
        let builder = record.into_iter().fold(builder, Builder::watch_path);
        builder.check_layers(move |layers, is_reload| {
            let needed = need.subtrees(layers);
            let files = project.files(layers);
            files.iter().filter_map(|file| file.refusal_of_running(&needed, is_reload)).collect()
        })
    }

    /// The logins of a configuration, to look at their states. Those of a file that is not trusted are not looked at, since a login
    /// may name a program that is asked for its tokens.
    pub(crate) fn logins(&self, opened: &Inspection, root: &Value) -> Logins {
        match self.untrusted(opened, Need::LOGINS) {
            Some(_) => Logins::set_aside("a file that is not trusted sets `auth`"),
            None => Logins::of(root),
        }
    }

    /// Says in one line for each file what is shown and not trusted.
    pub(crate) fn note_trust(&self, opened: &Inspection) {
        for note in self.project().files(opened.layers()).iter().filter_map(ProjectFile::note) {
            self.terminal.note(&format!("{}\n", visible(&note)));
        }
    }
}
