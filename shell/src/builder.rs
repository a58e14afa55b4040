//! Building a [`Shell`]: which layers, which rules.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use speckit_core::resolve::Rules;
use speckit_core::schema::Schema;
use speckit_core::source::{Environment, Language, Override, parse};
use speckit_core::typed::to_value;
use speckit_core::{Layer, LayerKind, Origin, Source};

use crate::Shell;
use crate::documents::FileSource;
use crate::error::ConfigError;
use crate::schemas::compile_text;
use crate::snapshot::Snapshot;
use crate::sources::Sources;

type Check<T> = Arc<dyn Fn(&T) -> Result<(), String> + Send + Sync>;

/// Collects the layers and the rules of a configuration; [`Builder::open`] loads it.
///
/// Layers in order of priority, lowest first: defaults, files in the order given, environment, overrides.
pub struct Builder<T> {
    defaults: Vec<Layer>,
    sources: Sources,
    schema: Option<Schema>,
    prefix: Option<String>,
    checks: Vec<Check<T>>,
    strict: bool,
}

impl<T> Default for Builder<T> {
    fn default() -> Self {
        Self {
            defaults: Vec::new(),
            sources: Sources::default(),
            schema: None,
            prefix: None,
            checks: Vec::new(),
            strict: false,
        }
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
    /// Takes defaults from a TOML text.
    ///
    /// # Errors
    /// [`ConfigError::Rules`] with every syntax error of the text.
    pub fn defaults_toml(mut self, text: &str) -> Result<Self, ConfigError> {
        let source = Source::document(LayerKind::Defaults, "defaults", text);
        let layer = parse(&source, Language::Toml).map_err(ConfigError::rules)?;
        self.defaults.push(layer);
        Ok(self)
    }

    /// Takes defaults from settings, as serde writes them.
    ///
    /// # Errors
    /// [`ConfigError::Rules`] when the settings cannot be a tree, such as a map whose keys are no texts.
    pub fn defaults(mut self, settings: &T) -> Result<Self, ConfigError>
    where
        T: Serialize,
    {
        let source = Source::fragment(LayerKind::Defaults, "defaults", "");
        let root = to_value(settings, &Origin::whole(&source))
            .map_err(|error| ConfigError::rules(vec![error.into_diagnostic()]))?;
        self.defaults.push(Layer::new(root));
        Ok(self)
    }

    /// Holds the configuration against a Draft 7 schema, and takes types, defaults and secrets from it.
    ///
    /// # Errors
    /// [`ConfigError::Rules`] with every mistake of the schema.
    pub fn schema_json(mut self, text: &str) -> Result<Self, ConfigError> {
        self.schema = Some(compile_text("schema", text).map_err(ConfigError::rules)?);
        Ok(self)
    }

    /// As [`Builder::schema_json`], with the schema that `schemars` makes of the type.
    ///
    /// # Errors
    /// [`ConfigError::Rules`] when that schema is none of Draft 7.
    #[cfg(feature = "schemars")]
    pub fn schema_of_type(self) -> Result<Self, ConfigError>
    where
        T: schemars::JsonSchema,
    {
        let schema =
            schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
        self.schema_json(&schema.to_value().to_string())
    }

    /// Layers a file, TOML or (by its name) JSON, or a folder of TOML files. It may be absent.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.files.push(FileSource { path: path.into(), required: false });
        self
    }

    /// Layers a file or a folder that must be there.
    #[must_use]
    pub fn required_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.files.push(FileSource { path: path.into(), required: true });
        self
    }

    /// Layers the variables `PREFIX_…`: `APP_SERVER__PORT` is `server.port`.
    #[must_use]
    pub fn env_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Reads this environment and not that of the process; for tests.
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.sources.environment = Some(environment);
        self
    }

    /// Overrides one key by a text, which becomes a value of the key's type.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, text: impl Into<String>) -> Self {
        self.sources.overrides.push(Override::Set { key: key.into(), text: text.into() });
        self
    }

    /// Removes a key that lower layers set.
    #[must_use]
    pub fn unset(mut self, key: impl Into<String>) -> Self {
        self.sources.overrides.push(Override::Unset { key: key.into() });
        self
    }

    /// Makes every warning an error.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Adds a rule of the application's own about the typed settings. Every rule is asked, and every refusal told.
    #[must_use]
    pub fn validate<E: fmt::Display>(
        mut self,
        rule: impl Fn(&T) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(move |settings| rule(settings).map_err(|error| error.to_string())));
        self
    }

    /// Loads the configuration once.
    ///
    /// # Errors
    /// [`ConfigError::Refused`] with every finding, as soon as one is an error.
    pub fn open(self) -> Result<Shell<T>, ConfigError> {
        let mut rules = Rules::new(self.schema.clone()).strict(self.strict);
        if let Some(prefix) = &self.prefix {
            rules = rules.with_prefix(prefix.clone(), &[]);
        }
        let rules = rules.over(&self.defaults);
        let inputs = self.sources.gather(&rules);
        let resolved = rules.check(rules.read(&inputs)).and_then(|checked| checked.typed::<T>());
        let checks = self.checks.iter().map(|check| |settings: &T| check(settings));
        let resolved = resolved
            .and_then(|resolved| resolved.validated_by_all(checks))
            .map_err(|refused| ConfigError::refused(&refused, &rules))?;
        Ok(Shell::of(Snapshot::new(1, resolved, self.schema, self.prefix)))
    }
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("files", &self.sources.files)
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
