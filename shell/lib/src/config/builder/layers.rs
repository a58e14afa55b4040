//! The layers of a configuration, from the defaults to the overrides.

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;
use speckit_core::config::source::{Environment, Language, Override, parse, prefix_of};
use speckit_core::{Layer, LayerKind, Source};

use super::Builder;
#[cfg(feature = "sources")]
use crate::config::sources::GivenLayer;
use crate::config::sources::Sources;
use crate::os::documents::FileSource;

impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
    /// Takes defaults from a TOML text.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").open()?;
    /// assert_eq!(config.current()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn defaults_toml(self, text: &str) -> Self {
        self.defaults_text("defaults", text)
    }

    pub(crate) fn defaults_text(mut self, name: &str, text: &str) -> Self {
        match parse(&Source::document(LayerKind::Defaults, name, text), Language::Toml) {
            Ok(layer) => self.options.defaults.push(layer),
            Err(diagnostics) => self.mistakes.extend(diagnostics),
        }
        self
    }

    /// Takes defaults from settings, as serde writes them. Map keys that
    /// are not strings are a mistake, which [`Builder::open`] reports.
    ///
    /// ```
    /// # use speckit::Config;
    /// # type Settings = std::collections::BTreeMap<String, u16>;
    /// let config = Config::<Settings>::builder().defaults(&Settings::from([("port".into(), 80)])).open()?;
    /// assert_eq!(config.current()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn defaults(mut self, settings: &T) -> Self
    where
        T: Serialize,
    {
        match Layer::of_values(LayerKind::Defaults, "defaults", settings) {
            Ok(layer) => self.options.defaults.push(layer),
            Err(diagnostic) => self.mistakes.push(diagnostic),
        }
        self
    }

    /// Adds a file as a layer, or a folder of TOML files. It may be absent. Its name says whether it is TOML, JSON (`.json`), or JSON with comments and
    /// trailing commas (`.jsonc`, `tsconfig.json`, …); without such a name it is JSON if it begins with `{`. See [`Language::of`].
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().file("absent.toml").open()?;
    /// assert!(config.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.files.push(FileSource { path: path.into(), required: false, language: None });
        self
    }

    /// As [`Builder::file`], in this language whatever its name is.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("ports.rc");
    /// use speckit::Language;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// std::fs::write(&path, "{ \"port\": 80, /* open */ }")?;
    /// let config = Config::builder().file_as(&path, Language::Jsonc).open()?;
    /// assert_eq!(config.current()["port"], 80);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn file_as(mut self, path: impl Into<PathBuf>, language: Language) -> Self {
        let language = Some(language);
        self.sources.files.push(FileSource { path: path.into(), required: false, language });
        self
    }

    /// Adds a file or a folder that must exist.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let error = Config::builder().required_file("absent.toml").open().unwrap_err();
    /// assert_eq!(error.diagnostics()[0].code, "file/missing");
    /// ```
    #[must_use]
    pub fn required_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.files.push(FileSource { path: path.into(), required: true, language: None });
        self
    }

    /// Adds the variables `PREFIX_…` as a layer: `APP_SERVER__PORT` is `server.port`. `APP`, `APP_` and `app` are the same
    /// prefix; [`Builder::open`] refuses one that no variable can have.
    ///
    /// ```
    /// # use speckit::Environment;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let environment = Environment::of([("APP_PORT", "80")]);
    /// let builder = Config::builder().defaults_toml("port = 1").env_prefix("APP").environment(environment);
    /// assert_eq!(builder.open()?.current()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn env_prefix(mut self, prefix: impl Into<String>) -> Self {
        match prefix_of(&prefix.into()) {
            Ok(prefix) => self.options.prefix = Some(prefix),
            Err(diagnostic) => self.mistakes.push(diagnostic),
        }
        self
    }

    /// Adds the variables of a `.env` file, for the [prefix](Builder::env_prefix), below those of the environment. It may be absent, is
    /// read again at each load, and does not change the environment of the process. Its dialect is that of
    /// [`Environment::dotenv`].
    ///
    /// ```
    /// # use speckit::Environment;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join(".env");
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// std::fs::write(&path, "export APP_PORT=80 # http\n")?;
    /// let builder = Config::builder().env_prefix("APP").dotenv(&path);
    /// assert_eq!(builder.environment(Environment::default()).open()?.current()["port"], 80);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn dotenv(mut self, path: impl Into<PathBuf>) -> Self {
        self.sources.dotenv.push(path.into());
        self
    }

    /// Whether a variable with an empty text is as if not set, unless its key takes a text. Some platforms set every variable
    /// that they know.
    ///
    /// ```
    /// # use speckit::Environment;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let builder = Config::builder().defaults_toml("port = 80").env_prefix("APP");
    /// let builder = builder.environment(Environment::of([("APP_PORT", "")])).env_ignore_empty(true);
    /// assert_eq!(builder.open()?.current()["port"], 80);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn env_ignore_empty(mut self, ignore: bool) -> Self {
        self.options.ignores_empty_variables = ignore;
        self
    }

    /// Adds a layer that the program has made. It takes the place of its [kind](Layer::kind): above what was added before it, below what
    /// is added after it. The environment is the lowest layer of its kind.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// use speckit::{Language, Layer, LayerKind};
    /// let layer = Layer::of_text(LayerKind::File, "embedded.toml", "port = 80", Language::Toml).unwrap();
    /// let config = Config::builder().defaults_toml("port = 1").layer(layer).open()?;
    /// assert_eq!(config.snapshot().explain("port").unwrap().winner.unwrap().to_string(), "embedded.toml:1:8");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn layer(mut self, layer: Layer) -> Self {
        match layer.kind() {
            LayerKind::Defaults => self.options.defaults.push(layer),
            #[cfg(feature = "sources")]
            LayerKind::Source => {
                self.sources.layers.push(GivenLayer { above: self.own_sources.len(), layer });
            }
            _ => self.sources.add_layer(layer),
        }
        self
    }

    /// Overrides keys by values that serde serializes, such as the parsed arguments of a command line. `name` is their origin. A `None`
    /// overrides nothing.
    ///
    /// ```
    /// #[derive(serde::Serialize)]
    /// struct Arguments {
    ///     port: Option<u16>,
    ///     workers: Option<u16>,
    /// }
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let arguments = Arguments { port: Some(81), workers: None };
    /// let config = Config::builder().defaults_toml("port = 80").overrides("command line", &arguments).open()?;
    /// assert_eq!(config.snapshot().show(speckit::Show::Origins), "port = 81   # command line\n");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn overrides(mut self, name: impl Into<String>, values: &impl Serialize) -> Self {
        match Override::values(name, values) {
            Ok(values) => self.sources.overrides.push(values),
            Err(diagnostic) => self.mistakes.push(diagnostic),
        }
        self
    }

    /// Ignores the listed variables, which are no settings: with the prefix `APP`, `.env_reserved(["LOG"])` keeps `APP_LOG` for
    /// the program itself.
    ///
    /// ```
    /// # use speckit::Environment;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let environment = Environment::of([("APP_LOG", "debug")]);
    /// let builder = Config::builder().env_prefix("APP").environment(environment);
    /// assert!(builder.env_reserved(["LOG"]).open()?.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn env_reserved<S: Into<String>>(mut self, suffixes: impl IntoIterator<Item = S>) -> Self {
        self.options.reserved.extend(suffixes.into_iter().map(Into::into));
        self
    }

    /// Reads this environment instead of that of the process; for tests.
    ///
    /// ```
    /// # use speckit::Environment;
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let builder = Config::builder().env_prefix("APP").environment(Environment::default());
    /// assert!(builder.open()?.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.sources.environment = Some(environment);
        self
    }

    /// Overrides one key by a text, which becomes a value of the key's type.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").set("port", "81").open()?;
    /// assert_eq!(config.current()["port"], 81);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn set(self, key: impl Into<String>, text: impl Into<String>) -> Self {
        let key = key.into();
        let name = format!(".set({key:?})");
        self.set_as(name, key, text)
    }

    /// As [`Builder::set`], with a name for the origin of the value.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let error = Config::builder().set_as("--port", "port", "many").open().unwrap_err();
    /// assert_eq!(error.diagnostics()[0].origin.as_ref().unwrap().to_string(), "--port");
    /// ```
    #[must_use]
    pub fn set_as(
        mut self,
        name: impl Into<String>,
        key: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        let set = Override::Set { key: key.into(), text: text.into() };
        self.sources.overrides.push(set.named(name));
        self
    }

    /// Overrides one key by a value as JSON, for a key that has several types.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, serde_json::Value>>;
    /// let config = Config::builder().set_json("command", r#"["ls", "-l"]"#).open()?;
    /// assert_eq!(config.current()["command"][1], "-l");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn set_json(mut self, key: impl Into<String>, json: impl Into<String>) -> Self {
        let key = key.into();
        let name = format!(".set_json({key:?})");
        self.sources.overrides.push(Override::Json { key, json: json.into() }.named(name));
        self
    }

    /// Removes a key that lower layers set.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().defaults_toml("port = 80").unset("port").open()?;
    /// assert!(config.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn unset(mut self, key: impl Into<String>) -> Self {
        let key = key.into();
        let name = format!(".unset({key:?})");
        self.sources.overrides.push(Override::Unset { key }.named(name));
        self
    }

    /// Replaces all files, `.env` files, the environment, the overrides and the layers above the defaults by these. Without an environment, that of the process is read; for
    /// none, give `Environment::default()`.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().sources(speckit::Sources::default()).open()?;
    /// assert!(config.current().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn sources(mut self, sources: Sources) -> Self {
        self.sources = sources;
        self
    }
}
