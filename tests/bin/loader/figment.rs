use figment::Figment;
use figment::providers::{Env, Format as _, Toml};
use secrecy::SecretString;

use super::settings::Settings;
use crate::{Loaded, lines};

pub(crate) fn load(file: &str) -> Loaded {
    let figment = Figment::new().merge(Toml::file(file)).merge(Env::prefixed("APP_").split("__"));
    let settings: Settings<SecretString> = figment.extract()?;
    let _ = &settings.database.password;
    Ok(lines!(settings))
}
