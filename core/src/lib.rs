#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![doc = include_str!("../README.md")]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod backoff;
pub mod breaker;
pub mod capture;
pub mod consensus;
pub mod diagnostic;
pub mod diff;
pub mod explain;
pub mod gate;
pub mod guard;
pub mod herd;
pub mod history;
mod key;
pub mod lines;
mod merge;
pub mod migrate;
mod number;
mod origin;
pub mod preflight;
pub mod print;
pub mod redact;
pub mod registry;
pub mod reload;
pub mod report;
pub mod resolve;
pub mod retry;
pub mod schema;
mod seed;
pub mod settings;
pub mod source;
#[cfg(feature = "proptest")]
pub mod strategies;
pub mod supervise;
pub mod template;
#[cfg(test)]
mod testing;
pub mod typed;
pub mod vacuum;
mod value;

pub use diagnostic::{Diagnostic, Severity};
pub use key::{Key, KeyError, Segment};
pub use merge::{Layer, ListStrategy, Merged, merge};
pub use number::{NotANumber, Number};
pub use origin::{LayerKind, Origin, Source};
pub use registry::{ModelEntry, ModelRegistry, RegistryError};
pub use seed::{Seed, Stream};
pub use settings::{
    AppConfig, HistoryMode, HotReloadConfig, Jitter, LoginConfig, ModelConfig, OrchestratorConfig,
    PolicyConfig, Provider, ProviderConfig, QualityGateConfig, RetryConfig, RuleConfig, Secret, Stage,
    StdinMode, StoreConfig, SynchronousMode, Tier, TokenStore, UnknownStage, ValidationConfig, WatchMode,
};
pub use value::{Fingerprint, Kind, MAX_DEPTH, Table, Value};
