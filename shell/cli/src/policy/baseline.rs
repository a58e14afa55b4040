//! `policy baseline`: the findings of today are accepted.

use std::path::{Path, PathBuf};

use serde_json::json;
use speckit_core::LayerKind;
use speckit_core::policy::findings::{Baseline, BaselineFileError};
use speckit_core::text::grouped_count;

use super::checker::{Checker, Scope};
use super::output::write;
use crate::context::{CommandResult, Context, Exit, visible_path};
use speckit::internal::documents::{Disk, exists, read_source};

pub(super) fn write_baseline(context: &Context, file: Option<&Path>) -> CommandResult {
    let checker = Checker::open(context)?;
    checker.note_missing_rules();
    let file = file.map_or_else(|| PathBuf::from(&checker.config.baseline), Path::to_path_buf);
    refuse_other_file(context, &file)?;
    let baseline = checker.check_files(Scope::Tree)?.baseline();
    write(context, &file, &baseline.to_json())?;
    let text =
        format!("accepted {} in `{}`\n", grouped_count(baseline.len(), "finding"), visible_path(&file));
    context.print(&json!({ "file": file, "findings": baseline.len() }), text);
    Ok(Exit::Ok)
}

/// A file that is there is only replaced if it is a baseline, or was one before a conflict.
fn refuse_other_file(context: &Context, file: &Path) -> Result<(), Exit> {
    if !exists(file) {
        return Ok(());
    }
    let source = read_source(&Disk, LayerKind::File, file)
        .map_err(|unread| context.refuse(&[unread.diagnostic(file)]))?;
    match Baseline::parse(source.text()) {
        Ok(_) | Err(BaselineFileError::Conflict) => Ok(()),
        Err(error) => {
            let message = format!("`{}` is not replaced, since it is no baseline: {error}", file.display());
            let help =
                "name the file that the baseline is written to; it accepts the findings of the whole tree";
            Err(context.fail_with_help(message, help))
        }
    }
}
