//! A guard kills the agents of a program that was killed, and no other process.
#![cfg(target_os = "linux")]

mod guarded;
mod keeper;
mod normal_exit;
mod program_killed;
