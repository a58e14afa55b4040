//! The command line of an agent as text.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::beginning;
use crate::agents::gate::measures::size;
use crate::agents::gate::plan::CommandLine;
use crate::text::quoted_word;

/// The program and its arguments, quoted for a POSIX shell. A long argument is truncated: `'its first 60 characters…' (5.1
/// kB)`.
pub(super) fn line(command: &CommandLine) -> String {
    let words = core::iter::once(&command.program).chain(&command.args).enumerate();
    let words = words.map(|(place, word)| match beginning(word) {
        Some(beginning) => format!("{} ({})", quoted_word(&beginning, place == 0), size(word.len() as u64)),
        None => quoted_word(word, place == 0),
    });
    words.collect::<Vec<_>>().join(" ")
}
