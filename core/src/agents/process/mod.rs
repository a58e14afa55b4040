//! Supervising one process, capturing its output, and diagnostic the process groups that a killed program leaves behind.

pub mod capture;
pub mod guard;
pub mod lines;
pub mod supervise;
