//! JSX elements. Their text is code, in which no quote begins a string.

use alloc::collections::BTreeMap;

use super::super::{Region, Scanner};
use super::comment;
use super::frames::{Frame, FrameStack};

/// Where elements end.
#[derive(Default)]
pub(super) struct Elements<'t> {
    /// The position of the last `</name` for each name; read when the first element may begin.
    last_ends: Option<BTreeMap<&'t [u8], usize>>,
}

impl<'t> Elements<'t> {
    /// Whether the `<` here begins an element: it has an attribute, or an end. In TypeScript a type may begin here.
    pub(super) fn begins(&mut self, scanner: &Scanner<'t>) -> bool {
        let (position, text) = (scanner.position(), scanner.rest());
        let ends = self.last_ends.get_or_insert_with(|| {
            let finder = memchr::memmem::find_iter(text, b"</");
            finder.filter_map(|at| Some((name(text.get(at + 2..)?)?, position + at))).collect()
        });
        let Some(name) = text.get(1..).and_then(name) else { return false };
        has_attribute(text.get(1 + name.len()..).unwrap_or_default())
            || ends.get(name).is_some_and(|end| *end > position)
    }
}

/// Whether the text after the name of an element begins with an attribute: `b="c"`, `b={c}` or `{...c}`.
fn has_attribute(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let attribute = name(text).and_then(|name| text.get(name.len()..)).unwrap_or_default();
    text.starts_with(b"{") || matches!(attribute, [b'=', b'"' | b'\'' | b'{', ..])
}

/// The name of an element; empty for a fragment (`<>`).
fn name(text: &[u8]) -> Option<&[u8]> {
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_$-.:".contains(byte) || !byte.is_ascii();
    match text.iter().take_while(is_name).count() {
        0 if !text.starts_with(b">") => None,
        length => text.get(..length),
    }
}

/// Reads a piece of a tag.
pub(super) fn read_tag(scanner: &mut Scanner, frames: &mut FrameStack) {
    let rest = scanner.rest();
    match rest {
        [b'{', ..] => {
            frames.push(Frame::Hole);
            scanner.take(Region::Code, 1);
        }
        [b'>', ..] => {
            frames.pop();
            frames.push(Frame::Children);
            scanner.take(Region::Code, 1);
        }
        [b'/', b'>', ..] => {
            frames.pop();
            scanner.take(Region::Code, 2);
        }
        // An attribute has no escapes, and may have several lines.
        [quote @ (b'"' | b'\''), value @ ..] => match memchr::memchr(*quote, value) {
            Some(length) => scanner.take(Region::String, length + 2),
            None => scanner.take(Region::Code, 1),
        },
        _ if comment::read(scanner) => {}
        [_, rest @ ..] => {
            let more = rest.iter().take_while(|byte| !b"{>/\"'".contains(byte)).count();
            scanner.take(Region::Code, 1 + more);
        }
        [] => {}
    }
}

/// Reads a piece of what is between the tags of an element.
pub(super) fn read_children(scanner: &mut Scanner, frames: &mut FrameStack) {
    let text = memchr::memchr2(b'{', b'<', scanner.rest()).unwrap_or(usize::MAX);
    scanner.take(Region::Code, text);
    match scanner.rest() {
        [b'{', ..] => frames.push(Frame::Hole),
        [b'<', b'/', rest @ ..] => {
            frames.pop();
            let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
            scanner.take(Region::Code, end + 2);
        }
        [b'<', rest @ ..] if name(rest).is_some() => frames.push(Frame::Tag),
        _ => {}
    }
    scanner.take(Region::Code, 1);
}
