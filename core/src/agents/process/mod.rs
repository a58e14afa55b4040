//! One process from its start to its end, what is kept of its output, and which groups are left when a program is killed.

pub mod capture;
pub mod guard;
pub mod lines;
pub mod supervise;
