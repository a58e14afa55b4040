//! The SQLite store with real files, threads and processes: every acknowledged write is kept, and no other.

mod asynchronous;
mod connections;
mod contention;
mod control;
mod crash;
mod faults;
mod groups;
mod histories;
mod mirror;
mod nesting;
mod opening;
mod permissions;
mod reading;
mod rejections;
#[cfg(unix)]
mod replaced;
mod runs;
mod statements;
mod test_database;
mod waiting;
