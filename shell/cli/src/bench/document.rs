//! `bench save`, `report`, `export` and `import`: runs and kept benchmarks as documents.

use std::path::{Path, PathBuf};

use serde_json::json;
use speckit_core::LayerKind;
use speckit_core::bench::stats::Criteria;
use speckit_core::bench::{Baseline, BenchRun, baselines_of, compare_together};
use speckit_core::config::redact::Masks;
use speckit_core::text::visible;

use super::database::{Kept, unavailable};
use crate::args::BenchReportArgs;
use crate::context::{CommandResult, Context, Exit, visible_path};
use crate::terminal::json_line;
use speckit::bench::Baselines;
use speckit::internal::documents::{Disk, read_source};

pub(super) fn save(context: &Context, name: &str) -> CommandResult {
    let kept = Kept::open_to_keep(context)?;
    let last = kept.last()?;
    let names = kept.with(|baselines| keep(baselines, baselines_of(name, last), &[name]))?;
    print_kept(context, names, &kept.path)
}

pub(super) fn import(context: &Context, file: &Path) -> CommandResult {
    let source = read_source(&Disk, LayerKind::File, file)
        .map_err(|unread| context.refuse(&[unread.diagnostic(file)]))?;
    let read = BenchRun::read_with_warnings(&file.to_string_lossy(), source.text());
    let (run, warnings) = read.map_err(|errors| {
        context.report_refusal(&errors.diagnostics, &errors.masks);
        Exit::Incomplete
    })?;
    context.terminal.report(&warnings, &Masks::default());
    let (baselines, path) = Kept::create(context)?;
    let kept = keep(&baselines, run.into_baselines().collect(), &[]);
    print_kept(context, kept.map_err(|error| unavailable(context, &error))?, &path)
}

/// The names that are kept, and those that were replaced.
#[derive(Default)]
pub(super) struct KeptNames {
    kept: Vec<String>,
    replaced: Vec<String>,
}

pub(super) fn keep(
    baselines: &Baselines,
    new: Vec<Baseline>,
    replaced: &[&str],
) -> Result<KeptNames, speckit::store::StoreError> {
    let kept = new.iter().map(|baseline| baseline.benchmark.name.clone()).collect();
    Ok(KeptNames { kept, replaced: baselines.keep(new, replaced)? })
}

impl KeptNames {
    /// `kept as `main` in `FILE``, with the number of replaced ones.
    pub(super) fn to_text(&self, path: &Path) -> String {
        let names: Vec<String> = self.kept.iter().map(|name| format!("`{}`", visible(name))).collect();
        let replaced = if self.replaced.is_empty() { "" } else { ", in the place of the earlier one" };
        format!("kept as {} in `{}`{replaced}\n", names.join(", "), visible_path(path))
    }
}

fn print_kept(context: &Context, names: KeptNames, path: &Path) -> CommandResult {
    let KeptNames { kept, replaced } = &names;
    context.print(&json!({ "database": path, "kept": kept, "replaced": replaced }), names.to_text(path));
    Ok(Exit::Ok)
}

pub(super) fn report(context: &Context, args: &BenchReportArgs) -> CommandResult {
    let mut run = Kept::open(context)?.named_or_last(&args.names)?;
    run.comparisons = compare_together(&run.benchmarks, Criteria::default());
    let written: Option<(&PathBuf, String)> = match (&args.html, &args.markdown) {
        (Some(file), _) => Some((file, run.to_html())),
        (None, Some(file)) => Some((file, run.to_markdown())),
        (None, None) => None,
    };
    let Some((file, text)) = written else {
        context.print(&run.to_json(), run.to_text());
        return Ok(Exit::Ok);
    };
    write(context, file, &text)
}

pub(super) fn export(context: &Context, file: &Path, names: &[String]) -> CommandResult {
    let run = Kept::open(context)?.named_or_last(names)?;
    let text = json_line(&run.to_json()).map_err(|error| context.fail(error))?;
    write(context, file, &text)
}

fn write(context: &Context, file: &Path, text: &str) -> CommandResult {
    if file == Path::new("-") {
        return Err(context.fail_with_help(
            "`-` is no file",
            "name a file; without one, `bench report` writes to the standard output, with --format json as JSON",
        ));
    }
    context.write_file(file, text).map_err(|error| {
        let message = format!("`{}` cannot be written: {error}", file.display());
        context.fail_with_help(message, "name a file in an existing folder")
    })?;
    context.print(&json!({ "file": file }), format_args!("wrote `{}`\n", visible_path(file)));
    Ok(Exit::Ok)
}
