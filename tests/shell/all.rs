//! The program as a user or a script runs it, and the library as an application embeds it.
//!
//! Every run has its own home and working folder, and only the environment variables of its test.

mod agents;
mod app;
mod auth;
mod bench;
mod browser;
mod config;
#[cfg(unix)]
mod executable;
mod globals;
#[cfg(unix)]
mod policy;
#[cfg(target_os = "linux")]
mod pseudo_terminal;
mod readme;
mod recorded_events;
mod retry;
#[cfg(unix)]
mod running_program;
#[cfg(unix)]
mod small_disk;
mod store;
mod streams;
mod test_dir;
