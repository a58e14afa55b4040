#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![cfg_attr(feature = "schema", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "schema"), doc = "The pure core of speckit: configuration as values.")]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "agents")]
pub mod agents;
#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "auth")]
pub mod auth;
#[cfg(feature = "bench")]
pub mod bench;
pub mod config;
#[cfg(feature = "retry")]
mod plot;
#[cfg(feature = "policy")]
pub mod policy;
#[cfg(feature = "retry")]
pub mod retry;
#[cfg(feature = "store")]
pub mod store;
pub mod text;
pub mod tree;

pub use config::{Layer, MergeStrategy, Merged, merge};
pub use tree::{
    Code, CodeFamily, Diagnostic, Exit, Fingerprint, Key, KeyError, Kind, LayerKind, MAX_DEPTH, NotANumber,
    Number, Origin, Segment, Severity, Source, Table, Value,
};
