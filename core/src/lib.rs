#![no_std]
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![doc = include_str!("../README.md")]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod agents;
pub mod app;
pub mod auth;
pub mod config;
mod plot;
pub mod policy;
pub mod retry;
pub mod store;
pub mod text;
pub mod tree;

pub use config::{Layer, ListStrategy, Merged, merge};
pub use tree::{
    Diagnostic, Fingerprint, Key, KeyError, Kind, LayerKind, MAX_DEPTH, NotANumber, Number, Origin, Segment,
    Severity, Source, Table, Value,
};
