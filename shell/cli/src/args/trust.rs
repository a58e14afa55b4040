//! The arguments of `trust`.

use std::path::PathBuf;

use clap::Args;

#[derive(Args, Clone, Debug)]
pub(crate) struct TrustArgs {
    /// The file, such as ./speckit.toml
    #[arg(required_unless_present = "list")]
    pub(crate) file: Option<PathBuf>,
    /// Trust it without a question
    #[arg(long)]
    pub(crate) yes: bool,
    /// List the trusted files
    #[arg(long, conflicts_with_all = ["file", "yes"])]
    list: bool,
}
