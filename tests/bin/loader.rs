//! Loads one file and the variables `APP_…` with one of the crates, and prints the settings or the error: `loader CRATE FILE`.
//! Each crate is used as its documentation shows, without a schema.

mod loader {
    pub(crate) mod config_rs;
    #[expect(unused_qualifications, reason = "the derive of the crate writes them")]
    pub(crate) mod confique;
    pub(crate) mod figment;
    pub(crate) mod schematic;
    mod settings;
    pub(crate) mod speckit;
}

use std::error::Error;
use std::process::ExitCode;

use loader::{config_rs, confique, figment, schematic, speckit};

/// The settings as `field = value` lines.
type Loaded = Result<Vec<(&'static str, String)>, Box<dyn Error>>;

/// The fields of settings, whatever their type is called.
macro_rules! lines {
    ($settings:expr) => {{
        let settings = $settings;
        vec![
            ("name", format!("{:?}", settings.name)),
            ("port", format!("{:?}", settings.port)),
            ("debug", format!("{:?}", settings.debug)),
            ("ratio", format!("{:?}", settings.ratio)),
            ("timeout", format!("{:?}", settings.timeout)),
            ("data", format!("{:?}", settings.data)),
            ("address", format!("{:?}", settings.address)),
            ("tags", format!("{:?}", settings.tags)),
            ("ports", format!("{:?}", settings.ports)),
            ("servers", format!("{:?}", settings.servers)),
            ("tenants", format!("{:?}", settings.tenants)),
            ("level", format!("{:?}", settings.level)),
            ("storage", format!("{:?}", settings.storage)),
            ("output", format!("{:?}", settings.output)),
            ("limit", format!("{:?}", settings.limit)),
            ("client", format!("{:?}", settings.client)),
            ("url", format!("{:?}", settings.url)),
            ("pool", format!("{:?}", settings.database.pool)),
        ]
    }};
}
pub(crate) use lines;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(peer), Some(file)) = (arguments.next(), arguments.next()) else { return ExitCode::FAILURE };
    let loaded = match peer.as_str() {
        "speckit" => speckit::load(&file),
        "figment" => figment::load(&file),
        "config" => config_rs::load(&file),
        "confique" => confique::load(&file),
        "schematic" => schematic::load(&file),
        _ => Err("there is no such crate here".into()),
    };
    match loaded {
        Ok(lines) => lines.iter().for_each(|(field, value)| println!("{field} = {value}")),
        Err(error) => {
            eprintln!("{error}");
            let mut source = error.source();
            while let Some(cause) = source {
                eprintln!("caused by: {cause}");
                source = cause.source();
            }
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
