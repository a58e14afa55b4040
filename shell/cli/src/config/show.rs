//! `show`: the resolved configuration, or one key of it.

use crate::args::ShowArgs;
use crate::context::{CommandResult, Context};
use speckit::commands::steps::{Selection, show};

pub(crate) fn run(context: &Context, args: &ShowArgs) -> CommandResult {
    let (opened, checked) = context.open_valid()?;
    context.note_trust(&opened);
    let key = args.key.as_deref().unwrap_or_default();
    let selected = Selection { key, origins: args.origins, reveal: args.reveal };
    show(&context.terminal, &checked, selected)
}
