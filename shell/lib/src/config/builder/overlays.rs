//! Layers for property tests of a configuration.

use serde::de::DeserializeOwned;
use speckit_core::config::strategies::{MatchingOverlays, overlays_matching};

use super::Builder;
use crate::config::error::ConfigError;
use crate::config::loading::unwound;

#[cfg(feature = "proptest")]
impl<T: DeserializeOwned + Send + Sync + 'static> Builder<T> {
    /// Layers that set some of the defaults, each to a value that the schema, the type and [`Builder::validate`] accept; for
    /// property tests with [`Builder::layer`]. Files, the environment and overrides do not matter here.
    ///
    /// ```
    /// use speckit::Config;
    /// use speckit::strategies::proptest::prelude::*;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Settings {
    ///     listen: std::net::SocketAddr,
    ///     workers: u8,
    /// }
    ///
    /// let builder = || {
    ///     Config::<Settings>::builder()
    ///         .defaults_toml("listen = '127.0.0.1:80'\nworkers = 4\n")
    ///         .validate(|settings| if settings.workers == 0 { Err("`workers` must not be 0") } else { Ok(()) })
    /// };
    /// let overlays = builder().overlays()?.layers(1..=3);
    /// proptest!(|(layers in overlays)| {
    ///     let config = layers.into_iter().fold(builder(), |builder, layer| builder.layer(layer)).open().unwrap();
    ///     prop_assert!(config.load().workers > 0);
    /// });
    /// # Ok::<(), speckit::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// As those of [`Builder::rules`].
    pub fn overlays(self) -> Result<MatchingOverlays<T>, ConfigError> {
        let checks = self.checks.clone();
        let overlays = overlays_matching(self.rules()?);
        Ok(checks.into_iter().fold(overlays, |overlays, check| {
            overlays.validate(move |settings| matches!(unwound(|| check(settings)), Ok(Ok(()))))
        }))
    }
}
