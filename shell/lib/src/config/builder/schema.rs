//! The schema of a configuration.

use std::path::PathBuf;
#[cfg(feature = "schemars")]
use std::sync::Arc;

use serde::de::DeserializeOwned;
#[cfg(feature = "schemars")]
use speckit_core::config::redact::without_secret_defaults;
use speckit_core::config::schema::{Schema, SchemaMap};
#[cfg(feature = "schemars")]
use speckit_core::config::source::{Language, parse};
use speckit_core::{LayerKind, Source};

use super::Builder;
use crate::config::loading::SchemaSource;
use crate::config::schemas::{Compile, compile_text};

#[cfg(feature = "schema")]
impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
    /// Validates against a JSON Schema (Draft 4 to 2020-12, Draft 7 without `$schema`), and takes types, defaults and secrets
    /// from it.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let schema = r#"{ "properties": { "port": { "type": "integer", "minimum": 1 } } }"#;
    /// let builder = Config::builder().schema_json(schema);
    /// assert!(builder.set("port", "0").open().is_err());
    /// ```
    #[must_use]
    pub fn schema_json(self, text: &str) -> Self {
        self.schema_text("schema", text, Schema::compile)
    }

    /// As [`Builder::schema_json`], for a faster start: [`Schema::prepare`] compiled the text when the program was built, and its bytes are only read
    /// (see the [guide](crate::guide::schema#a-faster-start)). If they were made from another text or by another version of the library, the text is compiled.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// # use speckit_core::config::schema::Schema;
    /// const SCHEMA: &str = r#"{ "properties": { "port": { "type": "integer", "minimum": 1 } } }"#;
    /// // In a build script:
    /// let prepared = Schema::prepare(SCHEMA).expect("the schema has no mistake");
    ///
    /// let builder = Config::builder().schema_prepared(SCHEMA, &prepared);
    /// assert!(builder.set("port", "0").open().is_err());
    /// ```
    #[must_use]
    pub fn schema_prepared(self, text: &str, prepared: &[u8]) -> Self {
        self.schema_prepared_as("schema", text, prepared)
    }

    pub(crate) fn schema_prepared_as(mut self, name: &str, text: &str, prepared: &[u8]) -> Self {
        let source = Source::document(LayerKind::Defaults, name, text);
        match Schema::of_prepared(prepared, &source) {
            Some(schema) => {
                self.schema = SchemaSource::Given { schema: Box::new(schema), text: text.into() };
                self
            }
            None => self.schema_text(name, text, Schema::compile),
        }
    }

    fn schema_text(mut self, name: &str, text: &str, compile: Compile) -> Self {
        match compile_text(name, text, compile) {
            Ok(schema) => self.schema = SchemaSource::Given { schema: Box::new(schema), text: text.into() },
            Err(diagnostics) => self.mistakes.extend(diagnostics),
        }
        self
    }

    /// As [`Builder::schema_json`], with a schema file: TOML if its name ends in `.toml`, else JSON. `maps` says which folder
    /// has the documents of which URLs; nothing is downloaded.
    ///
    /// While [`Config::watch`](crate::Config::watch) runs, a change of the schema file or of a file that it refers to starts a reload. If the new schema is invalid, the reload is
    /// refused.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let builder = Config::builder().schema_file("absent.schema.json", Vec::new());
    /// assert!(builder.open().unwrap_err().to_string().contains("absent.schema.json"));
    /// ```
    #[must_use]
    pub fn schema_file(mut self, path: impl Into<PathBuf>, maps: Vec<SchemaMap>) -> Self {
        self.schema = SchemaSource::File { path: path.into(), maps };
        self
    }

    /// As [`Builder::schema_json`], with the schema that `schemars` generates for the type.
    ///
    /// ```
    /// # use speckit::Config;
    /// #[derive(serde::Deserialize, schemars::JsonSchema)]
    /// struct Settings {
    ///     port: u16,
    /// }
    /// let builder = Config::<Settings>::builder().schema_of_type();
    /// assert!(builder.set("port", "many").open().is_err());
    /// ```
    #[cfg(feature = "schemars")]
    #[must_use]
    pub fn schema_of_type(self) -> Self
    where
        T: schemars::JsonSchema,
    {
        let schema =
            schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
        // Written in lines, for a program that prints it. A value without floats always has a text.
        let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        let mut builder = self.schema_text("schema", &text, Schema::compile_unchecked);
        if let SchemaSource::Given { text, .. } = &mut builder.schema {
            *text = without_secrets(text);
        }
        builder
    }
}

/// The text of a generated schema without the secrets in its defaults.
#[cfg(feature = "schemars")]
fn without_secrets(text: &Arc<str>) -> Arc<str> {
    let source = Source::document(LayerKind::Defaults, "schema", Arc::clone(text));
    let Ok(layer) = parse(&source, Language::Json) else { return Arc::clone(text) };
    let open = without_secret_defaults(layer.root());
    match serde_json::to_string_pretty(&open) {
        Ok(open_text) if open != *layer.root() => open_text.into(),
        _ => Arc::clone(text),
    }
}
