//! The program as a person or a script runs it, and the library as an application embeds it.
//!
//! Every run has a folder of its own as home and working folder, and no variable but those of its test.

mod agents;
mod app;
mod config;
mod globals;
mod readme;
mod retry;
#[cfg(unix)]
mod running_program;
mod store;
mod streams;
mod test_dir;
