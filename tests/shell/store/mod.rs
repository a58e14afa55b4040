mod command;
mod copies;
mod database;
#[cfg(target_os = "linux")]
mod reading;
mod vacuum;
