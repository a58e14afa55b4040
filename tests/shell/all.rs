//! The program as a person or a script runs it, and the library as an application embeds it.
//!
//! Every run has a folder of its own as home and working folder, and no variable but those of its test.

mod check;
mod explain;
mod files;
mod gate_command;
mod globals;
mod guard;
mod history;
mod history_command;
mod init;
mod layers;
mod library;
mod migrate;
mod models;
mod orchestrator;
mod place;
#[cfg(target_os = "linux")]
mod processes;
mod readme;
mod reloads;
mod retries;
mod retry_command;
#[cfg(unix)]
mod running;
mod schemas;
mod secrets;
mod show;
mod store;
mod store_command;
mod store_vacuum;
mod streams;
mod watch;
mod watching;
