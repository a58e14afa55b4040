use config::{Config, Environment, File, FileFormat};
use secrecy::SecretString;

use super::settings::Settings;
use crate::{Loaded, lines};

pub(crate) fn load(file: &str) -> Loaded {
    let environment = Environment::with_prefix("APP")
        .prefix_separator("_")
        .separator("__")
        .try_parsing(true)
        .list_separator(",")
        .with_list_parse_key("tags")
        .with_list_parse_key("ports");
    let config = Config::builder()
        .add_source(File::new(file, FileFormat::Toml).required(false))
        .add_source(environment)
        .build()?;
    let settings: Settings<SecretString> = config.try_deserialize()?;
    let _ = &settings.database.password;
    Ok(lines!(settings))
}
