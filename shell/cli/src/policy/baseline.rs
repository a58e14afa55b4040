//! `policy baseline`: the findings of today are accepted.

use std::path::{Path, PathBuf};

use serde_json::json;
use speckit_core::text::grouped_count;

use super::checker::{Checker, Scope};
use super::output::write;
use crate::context::{CommandResult, Context, Exit, visible_path};

pub(super) fn write_baseline(context: &Context, file: Option<&Path>) -> CommandResult {
    let checker = Checker::open(context)?;
    let file = file.map_or_else(|| PathBuf::from(&checker.config.baseline), Path::to_path_buf);
    let baseline = checker.check_files(Scope::Tree)?.baseline();
    write(context, &file, &baseline.to_json())?;
    let text =
        format!("accepted {} in `{}`\n", grouped_count(baseline.len(), "finding"), visible_path(&file));
    context.print(&json!({ "file": file, "findings": baseline.len() }), text);
    Ok(Exit::Ok)
}
