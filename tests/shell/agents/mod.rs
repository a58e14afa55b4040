mod gate_command;
mod guard;
mod models;
mod orchestrator;
#[cfg(target_os = "linux")]
mod processes;
mod provider_login;
mod real_programs;
