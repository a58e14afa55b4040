use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use schematic::env::split_comma;
use schematic::{Config, ConfigLoader, HandlerError, ParseEnvResult};
use secrecy::SecretString;

use super::settings::{Client, Level, Limit, Output, Server, Storage};
use crate::{Loaded, lines};

/// Its variables are parsed by `FromStr`, or by a function.
#[derive(Config)]
struct Settings {
    #[setting(env = "APP_NAME")]
    name: String,
    #[setting(env = "APP_PORT")]
    port: Option<u16>,
    #[setting(env = "APP_DEBUG")]
    debug: Option<bool>,
    #[setting(env = "APP_RATIO")]
    ratio: Option<f32>,
    #[setting(env = "APP_TIMEOUT", parse_env = duration)]
    timeout: Option<humantime_serde::Serde<Duration>>,
    #[setting(env = "APP_DATA")]
    data: Option<PathBuf>,
    #[setting(env = "APP_ADDRESS")]
    address: Option<SocketAddr>,
    #[setting(env = "APP_TAGS", parse_env = split_comma)]
    tags: Vec<String>,
    #[setting(env = "APP_PORTS", parse_env = split_comma)]
    ports: Vec<u16>,
    servers: Vec<Server>,
    tenants: BTreeMap<String, Server>,
    level: Level,
    storage: Option<Storage>,
    output: Option<Output>,
    limit: Option<Limit>,
    client: Client,
    #[setting(env = "APP_URL", alias = "link")]
    url: Option<String>,
    #[setting(nested)]
    database: Database,
}

#[derive(Config)]
struct Database {
    #[setting(env = "APP_DATABASE__PASSWORD", required)]
    password: Option<String>,
    #[setting(env = "APP_DATABASE__POOL")]
    pool: Option<u32>,
}

fn duration(text: String) -> ParseEnvResult<humantime_serde::Serde<Duration>> {
    let parsed = humantime::parse_duration(&text).map_err(|error| HandlerError::new(error.to_string()))?;
    Ok(Some(parsed.into()))
}

pub(crate) fn load(file: &str) -> Loaded {
    let mut loader = ConfigLoader::<Settings>::new();
    loader.file_optional(file)?;
    let settings = loader.load().map_err(|error| error.to_full_string())?.config;
    let _ = settings.database.password.clone().map(SecretString::from);
    Ok(lines!(settings))
}
