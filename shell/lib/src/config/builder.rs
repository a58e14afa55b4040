//! Building a [`Config`]: which layers, which rules.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::Diagnostic;
use speckit_core::config::HotReloadConfig;
#[cfg(feature = "sqlite")]
use speckit_core::config::history::GenerationCause;

use crate::config::engine::{Fallback, HotReloadFn};
use crate::config::handle::Config;
#[cfg(feature = "sqlite")]
use crate::config::history::options::{JournalOpener, RetentionFn};
use crate::config::loading::{Check, LayerCheck, RuleOptions, SchemaSource};
#[cfg(feature = "sources")]
use crate::config::source::OwnSource;
use crate::config::sources::Sources;
use crate::os::world::World;

#[cfg(feature = "clap")]
mod arguments;
mod documents;
#[cfg(feature = "sqlite")]
mod history;
mod layers;
mod open;
#[cfg(feature = "proptest")]
mod overlays;
mod reloads;
mod rules;
#[cfg(feature = "schema")]
mod schema;
#[cfg(feature = "sources")]
mod sources;

/// Collects the layers and the rules of a configuration; [`Builder::open`] loads it.
///
/// Layers in order of priority, lowest first: defaults, files in the order given, sources of your own, `.env` files, environment, overrides
/// (see [`LayerKind`](crate::LayerKind)).
pub struct Builder<T> {
    /// Mistakes in the defaults and the schema, which [`Builder::open`] reports.
    mistakes: Vec<Diagnostic>,
    pub(crate) options: RuleOptions,
    pub(crate) sources: Sources,
    #[cfg(feature = "sources")]
    own_sources: Vec<OwnSource>,
    pub(crate) schema: SchemaSource,
    checks: Vec<Check<T>>,
    watching: HotReloadConfig,
    hot_reload_of: Option<HotReloadFn<T>>,
    extra_paths: Vec<PathBuf>,
    fallback: Option<Fallback>,
    layer_check: Option<LayerCheck>,
    /// How much of the history is kept.
    #[cfg(feature = "sqlite")]
    retention_of: Option<RetentionFn<T>>,
    #[cfg(feature = "sqlite")]
    history: Option<JournalOpener>,
    #[cfg(feature = "sqlite")]
    cause: GenerationCause,
    world: Option<Arc<dyn World>>,
}

impl<T> Default for Builder<T> {
    fn default() -> Self {
        let mut watching = HotReloadConfig::default();
        watching.watch_paths.clear();
        Self {
            mistakes: Vec::new(),
            options: RuleOptions::default(),
            sources: Sources::default(),
            #[cfg(feature = "sources")]
            own_sources: Vec::new(),
            schema: SchemaSource::None,
            checks: Vec::new(),
            watching,
            hot_reload_of: None,
            extra_paths: Vec::new(),
            fallback: None,
            layer_check: None,
            #[cfg(feature = "sqlite")]
            retention_of: None,
            #[cfg(feature = "sqlite")]
            history: None,
            #[cfg(feature = "sqlite")]
            cause: GenerationCause::Opened,
            world: None,
        }
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Config<T> {
    /// Collects the layers and the rules of a configuration.
    pub fn builder() -> Builder<T> {
        Builder::default()
    }
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("files", &self.sources.files)
            .field("prefix", &self.options.prefix)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    fn assert_send<T: Send>(_: T) {}

    #[test]
    fn a_builder_may_be_opened_on_another_thread_whatever_its_settings_are() {
        assert_send(Builder::<Rc<u8>>::default());
    }
}
