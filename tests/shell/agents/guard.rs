//! A guard ends the agents of a program that is killed, and nothing else.
#![cfg(target_os = "linux")]

mod guarded;
mod keeper;
mod normal_exit;
mod program_killed;
