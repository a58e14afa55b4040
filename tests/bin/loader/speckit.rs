use speckit::{Config, Secret};

use super::settings::Settings;
use crate::{Loaded, lines};

pub(crate) fn load(file: &str) -> Loaded {
    let config = Config::<Settings<Secret<String>>>::builder().file(file).env_prefix("APP").open()?;
    let snapshot = config.snapshot();
    if !snapshot.warnings().is_empty() {
        eprintln!("{}", snapshot.warnings());
    }
    let lines = lines!(&**snapshot.settings());
    // A setting of the type `Secret` counts as read here.
    let _ = snapshot.settings().database.password.expose();
    Ok(lines)
}
