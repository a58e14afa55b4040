//! Reads the prompt for the agents.

use std::io;
use std::path::Path;

use speckit_core::{Code, Diagnostic};

use super::error;
use crate::args::PromptArgs;
use crate::context::{Context, Exit};
use speckit::internal::documents::{Disk, Files as _};

/// The longest prompt.
const LIMIT_BYTES: usize = 16 << 20;

/// Reads the prompt.
///
/// # Errors
/// There is no prompt; the reason was reported.
pub(super) fn read(context: &Context, args: &PromptArgs) -> Result<String, Exit> {
    let (name, bytes) = match (&args.prompt, &args.prompt_file) {
        (Some(text), _) => ("--prompt".into(), Ok(text.clone().into_bytes())),
        (None, Some(path)) if path == Path::new("-") => {
            ("the standard input".into(), context.terminal.input(LIMIT_BYTES))
        }
        (None, Some(path)) => (format!("`{}`", path.display()), Disk.read(path)),
        // The command line requires one of the two.
        (None, None) => ("--prompt".into(), Ok(Vec::new())),
    };
    text(&name, bytes).map_err(|diagnostic| context.refuse(&[diagnostic]))
}

fn text(name: &str, bytes: io::Result<Vec<u8>>) -> Result<String, Diagnostic> {
    let bytes = bytes.map_err(|why| {
        let diagnostic =
            error(Code::GatePromptUnreadable, format!("the prompt cannot be read from {name}: {why}"));
        diagnostic.help("check the path and its permissions, or give the prompt with --prompt TEXT")
    })?;
    if bytes.len() > LIMIT_BYTES {
        let message = format!("the prompt from {name} is longer than {} MiB", LIMIT_BYTES >> 20);
        let help = "name files in the prompt, for the agents to read, instead of their content";
        return Err(error(Code::GatePromptTooLarge, message).help(help));
    }
    let text = String::from_utf8(bytes).map_err(|wrong| {
        let offset = wrong.utf8_error().valid_up_to();
        let message = format!("the prompt from {name} is not UTF-8: byte {offset}, counted from 0, is wrong");
        error(Code::GatePromptNotUtf8, message).help("save it as UTF-8")
    })?;
    // An editor's byte order mark is not part of the prompt.
    Ok(text.strip_prefix('\u{feff}').map(String::from).unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_not_part_of_a_prompt() {
        assert_eq!(text("x", Ok("\u{feff}is it \u{feff}?".into())).unwrap(), "is it \u{feff}?");
    }

    #[test]
    fn the_longest_prompt_is_accepted_and_one_byte_more_is_not() {
        assert_eq!(text("x", Ok(vec![b'a'; LIMIT_BYTES])).unwrap().len(), LIMIT_BYTES);
        let refused = text("`x`", Ok(vec![b'a'; LIMIT_BYTES + 1])).unwrap_err();
        assert_eq!(refused.message, "the prompt from `x` is longer than 16 MiB");
    }
}
