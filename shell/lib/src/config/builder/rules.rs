//! The rules of a configuration beside its schema.

use std::sync::Arc;

use serde::de::DeserializeOwned;
#[cfg(feature = "app")]
use speckit_core::config::resolve::Extension;
use speckit_core::{Code, Diagnostic, Key, Layer};

use super::Builder;
use crate::config::violations::Violations;

impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
    /// Makes every warning an error, except `env/case`: how a free name in capitals is read ([the guide](crate::guide::environment)).
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let config = Config::builder().strict(true).open()?;
    /// assert!(config.snapshot().warnings().is_empty());
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        self.options.strict = strict;
        self
    }

    /// Adds a rule that the application defines for its typed settings. All rules run, and every error is reported: a text, or
    /// [`Violations`] with keys, at the places that set these.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, u16>>;
    /// let builder = Config::builder().defaults_toml("port = 80");
    /// let builder = builder.validate(|settings| match settings["port"] {
    ///     0..1024 => Err("`port` needs root"),
    ///     _ => Ok(()),
    /// });
    /// assert!(builder.open().unwrap_err().to_string().contains("`port` needs root"));
    /// ```
    #[must_use]
    pub fn validate<E: Into<Violations>>(
        mut self,
        rule: impl Fn(&T) -> Result<(), E> + Send + Sync + 'static,
    ) -> Self {
        self.checks.push(Arc::new(move |settings| rule(settings).map_err(Into::into)));
        self
    }

    /// Treats the value at this key, and all below it, as secret: it is redacted wherever the configuration is shown. A field of
    /// type [`Secret`](crate::Secret) needs no such call.
    ///
    /// There are no patterns: for the items of a list or the values of a map, name the list or the map. A key that the settings
    /// cannot have is a mistake, which [`Builder::open`] reports.
    ///
    /// ```
    /// # type Config = speckit::Config<std::collections::BTreeMap<String, String>>;
    /// let config = Config::builder().defaults_toml("password = 'hunter2'").secret("password").open()?;
    /// assert_eq!(config.snapshot().to_text(), "password = \"[redacted]\"\n");
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    #[must_use]
    pub fn secret(mut self, key: &str) -> Self {
        match key.parse() {
            Ok(key) => self.options.secrets.push(key),
            Err(error) => {
                let message = format!("`{key}` is not a key: {error}");
                self.mistakes.push(Diagnostic::error(Code::RuleKey, Key::root(), message));
            }
        }
        self
    }

    /// Refuses keys that the settings do not read, in files, defaults and overrides; without this call they are warnings.
    ///
    /// ```
    /// #[derive(Debug, serde::Deserialize)]
    /// struct Settings { port: u16 }
    /// let builder = speckit::Config::<Settings>::builder().defaults_toml("port = 80\nprot = 81");
    /// let error = builder.deny_unknown_fields(true).open().unwrap_err();
    /// assert!(error.to_string().contains("did you mean `port`?"));
    /// ```
    #[must_use]
    pub fn deny_unknown_fields(mut self, deny: bool) -> Self {
        self.options.deny_unknown = deny;
        self
    }

    /// Adds the application's own rules, created again for each schema.
    #[cfg(feature = "app")]
    pub(crate) fn with_extension(mut self, extension: fn() -> Box<dyn Extension>) -> Self {
        self.options.extension = Some(extension);
        self
    }

    /// Refuses a configuration, and later a reload, for the reasons that `check` finds in its layers, which are passed lowest first, and
    /// with whether it is a reload.
    #[doc(hidden)]
    #[must_use]
    pub fn check_layers(
        mut self,
        check: impl Fn(&[Layer], bool) -> Vec<Diagnostic> + Send + Sync + 'static,
    ) -> Self {
        self.layer_check = Some(Arc::new(check));
        self
    }
}
