//! The settings of all crates: 12 types, and every form of an enum.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize)]
pub(crate) struct Settings<S> {
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) port: Option<u16>,
    pub(crate) debug: Option<bool>,
    pub(crate) ratio: Option<f32>,
    #[serde(default, with = "humantime_serde::option")]
    pub(crate) timeout: Option<Duration>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) address: Option<SocketAddr>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default)]
    pub(crate) ports: Vec<u16>,
    #[serde(default)]
    pub(crate) servers: Vec<Server>,
    #[serde(default)]
    pub(crate) tenants: BTreeMap<String, Server>,
    #[serde(default)]
    pub(crate) level: Level,
    pub(crate) storage: Option<Storage>,
    pub(crate) output: Option<Output>,
    pub(crate) limit: Option<Limit>,
    #[serde(default)]
    pub(crate) client: Client,
    #[serde(alias = "link")]
    pub(crate) url: Option<String>,
    pub(crate) database: Database<S>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub(crate) struct Server {
    #[serde(default)]
    pub(crate) host: String,
    #[serde(default)]
    pub(crate) weight: u8,
}

/// Externally tagged.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    #[default]
    Low,
    High,
    Custom {
        value: i32,
    },
}

/// Internally tagged.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Storage {
    Memory,
    Disk { path: String, max_mb: u64 },
}

/// Adjacently tagged.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "t", content = "c", rename_all = "lowercase")]
pub(crate) enum Output {
    Off,
    File { lines: u32 },
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Limit {
    Count(u32),
    Range { from: u32, to: u32 },
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub(crate) struct Client {
    #[serde(default)]
    pub(crate) agent: String,
    #[serde(flatten)]
    pub(crate) retry: Retry,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub(crate) struct Retry {
    pub(crate) attempts: Option<u32>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Database<S> {
    pub(crate) password: S,
    pub(crate) pool: Option<u32>,
}
