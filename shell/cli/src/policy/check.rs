//! `policy check`: the files of a folder, what is staged, or what a range changes.

use std::path::Path;

use speckit_core::policy::CheckEvent;
use speckit_core::policy::findings::PolicyReport;

use super::checker::{Checker, Scope};
use super::output::print_report;
use super::watch;
use crate::args::PolicyCheckArgs;
use crate::context::{CommandResult, Context, Exit};
use speckit::policy::GitRepository;

pub(super) fn run(context: &Context, args: &PolicyCheckArgs) -> CommandResult {
    if args.watch {
        return watch::run(context, args);
    }
    let checker = Checker::open(context)?;
    checker.note_missing_rules();
    if checker.is_off() {
        context.terminal.note("note: `policy.enforce` is `off`: nothing is checked\n");
        return Ok(Exit::Ok);
    }
    let checker = checker.with_rules(&args.rule, args.no_exclude)?.with_baseline(args.baseline.as_deref())?;
    let report = check(&checker, args)?;
    print_report(context, &report, checker.has_baseline(), args.output.as_deref())?;
    Ok(if report.ok { Exit::Ok } else { Exit::Negative })
}

fn check(checker: &Checker<'_>, args: &PolicyCheckArgs) -> Result<PolicyReport, Exit> {
    if !args.staged && args.range.is_none() {
        let scope = if args.paths.is_empty() { Scope::Tree } else { Scope::Paths(args.paths.clone()) };
        return checker.check_files(scope);
    }
    let repository = GitRepository::discover(Path::new(".")).map_err(|error| checker.refuse_git(&error))?;
    let (changes, event) = match &args.range {
        Some(range) => (repository.range(range), CheckEvent::Check),
        None => (repository.staged(), CheckEvent::PreCommit),
    };
    let changes = changes.map_err(|error| checker.refuse_git(&error))?;
    checker.check_changes(&repository, &changes, event)
}
