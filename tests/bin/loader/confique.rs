use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use confique::Config;
use confique::env::parse::list_by_comma;
use secrecy::SecretString;

use super::settings::{Client, Level, Limit, Output, Server, Storage};
use crate::{Loaded, lines};

/// Its derive has no `flatten` and no maps of variables: such fields are leaves, which serde reads.
#[derive(Config)]
struct Settings {
    #[config(env = "APP_NAME", default = "")]
    name: String,
    #[config(env = "APP_PORT")]
    port: Option<u16>,
    #[config(env = "APP_DEBUG")]
    debug: Option<bool>,
    #[config(env = "APP_RATIO")]
    ratio: Option<f32>,
    #[config(env = "APP_TIMEOUT", deserialize_with = humantime_serde::deserialize)]
    timeout: Option<Duration>,
    #[config(env = "APP_DATA")]
    data: Option<PathBuf>,
    #[config(env = "APP_ADDRESS")]
    address: Option<SocketAddr>,
    #[config(env = "APP_TAGS", parse_env = list_by_comma, default = [])]
    tags: Vec<String>,
    #[config(env = "APP_PORTS", parse_env = list_by_comma, default = [])]
    ports: Vec<u16>,
    #[config(default = [])]
    servers: Vec<Server>,
    #[config(default = {})]
    tenants: BTreeMap<String, Server>,
    #[config(env = "APP_LEVEL", default = "low")]
    level: Level,
    #[config(env = "APP_STORAGE")]
    storage: Option<Storage>,
    #[config(env = "APP_OUTPUT")]
    output: Option<Output>,
    #[config(env = "APP_LIMIT")]
    limit: Option<Limit>,
    #[config(default = {})]
    client: Client,
    #[config(env = "APP_URL")]
    url: Option<String>,
    #[config(nested)]
    database: Database,
}

#[derive(Config)]
struct Database {
    #[config(env = "APP_DATABASE__PASSWORD")]
    password: SecretString,
    #[config(env = "APP_DATABASE__POOL")]
    pool: Option<u32>,
}

pub(crate) fn load(file: &str) -> Loaded {
    let settings = Settings::builder().env().file(file).load()?;
    let _ = &settings.database.password;
    Ok(lines!(settings))
}
