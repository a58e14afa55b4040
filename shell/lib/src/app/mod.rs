//! The settings of the shipped application, and their loader. The types of other modules that such an application uses
//! are exported here too.

mod loader;
#[cfg(all(feature = "agents", feature = "auth"))]
pub(crate) mod trust;

pub use loader::{ConfigLoader, PREFIX, RESERVED};
pub use speckit_core::agents::{ModelConfig, ModelRegistry, QualityGateConfig, RegistryError};
pub use speckit_core::app::{AppConfig, ValidationConfig};
pub use speckit_core::config::HotReloadConfig;
pub use speckit_core::config::schema::SchemaValidator;

#[cfg(feature = "agents")]
pub use crate::agents::{AsyncOrchestrator, ProcessManager};
pub use crate::config::error::ConfigError;
pub use crate::config::events::ConfigReloadEvent;
#[cfg(feature = "watch")]
pub use crate::config::watch::HotReloadWatcher;
pub use crate::retry::{
    CircuitBreaker, ErrorClass, RetryClassifiable, RetryConfig, execute_with_backoff_sync,
};
#[cfg(feature = "sqlite")]
pub use crate::store::VacuumScheduler;
