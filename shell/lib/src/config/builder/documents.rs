//! Texts about the settings of a builder: a template, a reference, the schema.

use std::path::Path;
#[cfg(feature = "schema")]
use std::sync::Arc;

use serde::de::DeserializeOwned;
use speckit_core::config::reference::reference;
use speckit_core::config::resolve::Rules;
use speckit_core::config::source::Language;
use speckit_core::config::template::template;
use speckit_core::{LayerKind, Origin, Source, Value};

use super::Builder;
use crate::config::error::ConfigError;
use crate::config::loading::SchemaSource;
#[cfg(feature = "schema")]
use crate::os::documents::read_source;
#[cfg(feature = "schema")]
use crate::os::world::{Host, World};

impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
    /// A commented TOML file to start from: every setting with its description, type, range and default, as far as the schema, the
    /// type and the defaults say them. Secrets are left out.
    ///
    /// Its first line names the schema for editors if [`Builder::schema_file`] was given one. Files and variables are not read.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Settings { port: u16 }
    /// let template = speckit::Config::<Settings>::builder().defaults_toml("port = 8080").template()?;
    /// assert!(template.ends_with("# (integer)\n#port = 8080\n"));
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError::Rules`] with every mistake of the defaults and the schema.
    pub fn template(self) -> Result<String, ConfigError> {
        let address = self.schema_path().map(|path| path.display().to_string());
        self.template_for(address.as_deref())
    }

    /// As [`Builder::template`], with this address of the schema.
    #[doc(hidden)]
    pub fn template_for(self, schema_address: Option<&str>) -> Result<String, ConfigError> {
        let rules = self.rules()?;
        Ok(template(rules.keys(), &defaults_of(&rules), schema_address))
    }

    /// A reference of all settings in Markdown: a section for each table and each setting, with description, type, range, default,
    /// variable, and whether it is secret or needs a restart. Secrets are left out.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Settings { port: u16 }
    /// let builder = speckit::Config::<Settings>::builder().defaults_toml("port = 8080").env_prefix("APP");
    /// let reference = builder.reference_markdown()?;
    /// assert!(reference.ends_with("## `port`\n\n- Type: integer\n- Default: `8080`\n- Variable: `APP_PORT`\n"));
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// As those of [`Builder::template`].
    pub fn reference_markdown(self) -> Result<String, ConfigError> {
        let rules = self.rules()?;
        Ok(reference(rules.keys(), &defaults_of(&rules)))
    }

    /// The text of the schema: what [`Builder::schema_json`] was given, the content of the file, or what was generated from the type,
    /// without the defaults of secrets. `None` without a schema.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// assert_eq!(Config::builder().schema()?, None);
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// As those of [`Builder::template`].
    pub fn schema(self) -> Result<Option<String>, ConfigError> {
        Ok(self.schema_document()?.map(|(text, _)| text))
    }

    /// As [`Builder::schema`], with the language of the text.
    #[doc(hidden)]
    pub fn schema_document(self) -> Result<Option<(String, Language)>, ConfigError> {
        let schema = self.schema.clone();
        #[cfg(feature = "schema")]
        let world = self.world.clone().unwrap_or_else(|| Arc::new(Host::read_once()));
        self.rules()?;
        match schema {
            SchemaSource::None => Ok(None),
            #[cfg(feature = "schema")]
            SchemaSource::Given { text, .. } => Ok(Some((text.to_string(), Language::Json))),
            #[cfg(feature = "schema")]
            SchemaSource::File { path, .. } => read_schema(&*world, &path).map(Some),
        }
    }

    /// The path of the schema, if it is a file.
    pub(crate) fn schema_path(&self) -> Option<&Path> {
        match &self.schema {
            #[cfg(feature = "schema")]
            SchemaSource::File { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Whether there is a schema.
    #[cfg(feature = "commands")]
    pub(crate) fn has_schema(&self) -> bool {
        !matches!(self.schema, SchemaSource::None)
    }
}

/// The text of a schema file.
#[cfg(feature = "schema")]
fn read_schema(world: &dyn World, path: &Path) -> Result<(String, Language), ConfigError> {
    let source = read_source(world, LayerKind::Defaults, path);
    let source = source.map_err(|error| ConfigError::rules(vec![error.diagnostic(path)]))?;
    let language = if source.name().ends_with(".toml") { Language::Toml } else { Language::Json };
    Ok((source.text().to_string(), language))
}

/// The configuration without any input.
fn defaults_of(rules: &Rules) -> Value {
    let nothing = || Value::table([], Origin::whole(&Source::fragment(LayerKind::Defaults, "defaults", "")));
    rules.defaults().cloned().unwrap_or_else(nothing)
}
