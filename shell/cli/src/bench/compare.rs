//! `bench compare`.

use speckit_core::bench::stats::Criteria;
use speckit_core::bench::{Answer, CompareReport, Side, partners};

use super::database::{Kept, refused};
use crate::args::BenchCompareArgs;
use crate::context::{CommandResult, Context, Exit};

pub(super) fn compare(context: &Context, args: &BenchCompareArgs) -> CommandResult {
    let criteria = Criteria::new(args.alpha, args.threshold).map_err(|error| context.fail(error))?;
    let kept = Kept::open(context)?;
    let baseline = kept.named(&args.baseline)?;
    let other = match &args.other {
        Some(name) => kept.named(name)?,
        None => kept.last()?,
    };
    let pairs = partners(
        Side { name: Some(&args.baseline), run: &baseline },
        Side { name: args.other.as_deref(), run: &other },
    );
    let pairs = pairs.map_err(|error| refused(context, &error))?;
    let machines = [baseline.machine.clone(), other.machine.clone()];
    let report = CompareReport::new(&pairs, machines, criteria, args.at_least, args.anyway);
    context.print(&report.to_json(), report.to_text());
    Ok(match report.answer() {
        Answer::Yes => Exit::Ok,
        Answer::No => Exit::Negative,
        Answer::NotComparable => Exit::Incomplete,
    })
}
