//! `schema`: the Draft 7 schema as a text, for editors.

use speckit_core::AppConfig;

use super::context::{Context, Outcome};
use crate::documents::read_text;

pub(super) fn run(context: &Context) -> Outcome {
    match &context.globals.schema {
        None => context.terminal.result(AppConfig::SCHEMA),
        Some(path) => {
            match context.rules().and_then(|_| read_text(path).map_err(|unread| vec![unread.finding(path)])) {
                Ok(text) => context.terminal.result(&text),
                Err(findings) => return context.refuse(&findings),
            }
        }
    }
    Outcome::Yes
}
