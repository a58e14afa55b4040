//! Texts for people: one function for each kind of thing that is shown.

use alloc::string::String;
use alloc::vec::Vec;

pub(crate) mod calendar;
mod visible;

pub(crate) use visible::visible_char;
pub use visible::{is_control, visible};
/// The words of a text in lines of at most `width` characters, where words allow it.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}
