//! Commands about the configuration.

pub(crate) mod check;
pub(crate) mod env;
pub(crate) mod explain;
pub(crate) mod history;
pub(crate) mod init;
mod named_schema;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod watch;
