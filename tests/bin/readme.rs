//! The program at the beginning of the README, which shows the lines below this one.

use serde::{Deserialize, Serialize};
use speckit::Config;

#[derive(Serialize, Deserialize)]
struct Settings {
    host: String,
    port: u16,
    workers: u8,
    timeout_s: f64,
}

fn main() {
    let builder = Config::<Settings>::builder()
        .defaults(&Settings { host: "localhost".into(), port: 8080, workers: 4, timeout_s: 2.5 })
        .file("app.toml")
        .env_prefix("APP") // APP_PORT sets port
        .deny_unknown_fields(true);
    match builder.open() {
        Ok(config) => print!("{}", config.snapshot().explain("port").unwrap().to_text()),
        Err(error) => eprintln!("{error}"),
    }
}
