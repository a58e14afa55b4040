//! Reports of the policy check: on the standard output, or in a file.

use std::path::Path;

use serde_json::json;
use speckit_core::config::report::Style;
use speckit_core::policy::findings::PolicyReport;
use speckit_core::policy::report::{SarifOptions, TextOptions};

use super::checker::{Checker, Scope};
use crate::args::{OutputFormat, PolicyDashboardArgs};
use crate::context::{CommandResult, Context, Exit, visible_path};
use crate::terminal::json_line;

/// Prints a report in the wanted format, or writes it to a file and prints a summary.
pub(super) fn print_report(
    context: &Context,
    report: &PolicyReport,
    has_baseline: bool,
    file: Option<&Path>,
) -> Result<(), Exit> {
    let text = text_of(context, report, has_baseline)?;
    let Some(file) = file else {
        context.terminal.result(&text);
        return Ok(());
    };
    write(context, file, &text)?;
    context.terminal.result(&report.to_text(TextOptions { max_findings: 0, ..options(context) }));
    context.terminal.note(&format!("wrote `{}`\n", visible_path(file)));
    Ok(())
}

fn options(context: &Context) -> TextOptions {
    TextOptions { style: Style { color: false, width: context.terminal.columns() }, ..TextOptions::default() }
}

/// The report in the wanted format.
pub(super) fn text_of(context: &Context, report: &PolicyReport, has_baseline: bool) -> Result<String, Exit> {
    let format = context.globals.format.unwrap_or(OutputFormat::Text);
    Ok(match format {
        OutputFormat::Json => json_line(report).map_err(|error| context.fail(error))?,
        OutputFormat::Sarif => {
            let options = SarifOptions { version: env!("CARGO_PKG_VERSION"), has_baseline };
            json_line(&report.to_sarif(options)).map_err(|error| context.fail(error))?
        }
        OutputFormat::Markdown => report.to_markdown(),
        OutputFormat::Html => report.to_html(),
        OutputFormat::Github => report.to_github(),
        OutputFormat::Text | OutputFormat::Toml => report.to_text(options(context)),
    })
}

/// Writes the findings of the whole tree as a page.
pub(super) fn dashboard(context: &Context, args: &PolicyDashboardArgs) -> CommandResult {
    let report = Checker::open(context)?.with_baseline(None)?.check_files(Scope::Tree)?;
    let (file, text) = match (&args.html, &args.markdown) {
        (Some(file), _) => (file, report.to_html()),
        (None, Some(file)) => (file, report.to_markdown()),
        // The arguments require one of the two.
        (None, None) => return Err(Exit::Incomplete),
    };
    write(context, file, &text)?;
    context.print(&json!({ "file": file }), format_args!("wrote `{}`\n", visible_path(file)));
    Ok(Exit::Ok)
}

pub(super) fn write(context: &Context, file: &Path, text: &str) -> Result<(), Exit> {
    if file == Path::new("-") {
        return Err(
            context.fail_with_help("`-` is no file", "leave the option out to write to the standard output")
        );
    }
    context.write_file(file, text).map_err(|error| {
        let message = format!("`{}` cannot be written: {error}", file.display());
        context.fail_with_help(message, "name a file in an existing folder")
    })
}
