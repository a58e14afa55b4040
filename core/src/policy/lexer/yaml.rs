//! The parts of a text in YAML. Quoted and block scalars are strings, plain scalars are code.

mod scalars;

use alloc::vec::Vec;

use self::scalars::{
    begins_with_marker, block_body, block_header, comment_length, ends_token, quoted_length,
};
use super::{Region, Scanner};

/// Reads a whole text.
pub(super) fn scan(scanner: &mut Scanner) {
    if scanner.starts_with("\u{feff}".as_bytes()) {
        scanner.take(Region::Code, 3);
    }
    let mut lexer = YamlLexer {
        line_start: scanner.position(),
        scanner,
        collections: Vec::new(),
        flow: 0,
        node: NodeState::Expected,
        start: None,
        can_be_key: true,
    };
    while !lexer.scanner.rest().is_empty() {
        lexer.read_line();
    }
}

struct YamlLexer<'s, 't> {
    scanner: &'s mut Scanner<'t>,
    line_start: usize,
    /// The columns of the open block collections, from outside to inside.
    collections: Vec<usize>,
    /// How many flow collections (`[…]`, `{…}`) are open.
    flow: usize,
    node: NodeState,
    /// The column where the last node begins, if that is in this line.
    start: Option<usize>,
    /// Whether a key of a block mapping may begin, or began, here.
    can_be_key: bool,
}

/// How much of a node was read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NodeState {
    /// Nothing but its tag and anchor. Only here a quote begins a string.
    Expected,
    /// A part of a plain scalar.
    Plain,
    /// All of it.
    Complete,
}

impl YamlLexer<'_, '_> {
    /// Reads the rest of a line, and the scalars of several lines that begin in it.
    fn read_line(&mut self) {
        self.begin_line();
        loop {
            match self.scanner.rest() {
                [] => return,
                [b'\n' | b'\r', ..] => return self.take(1),
                [b' ' | b'\t', ..] => self.take(1),
                [b'#', ..] if self.is_after_space() => {
                    self.scanner.take(Region::Comment, comment_length(self.scanner.rest()));
                    if self.node == NodeState::Plain {
                        self.node = NodeState::Complete;
                    }
                }
                _ => match self.node {
                    NodeState::Expected => self.begin_node(),
                    NodeState::Plain => self.read_plain(),
                    NodeState::Complete => self.read_after_node(),
                },
            }
        }
    }

    fn begin_line(&mut self) {
        self.line_start = self.scanner.position();
        self.start = None;
        if begins_with_marker(self.scanner.rest()) {
            self.node =
                if self.scanner.starts_with(b"-") { NodeState::Expected } else { NodeState::Complete };
            self.collections.clear();
            self.flow = 0;
            self.can_be_key = false;
            return self.take(3);
        }
        let indentation = self.scanner.rest().iter().take_while(|byte| **byte == b' ').count();
        self.take(indentation);
        let is_empty = match self.scanner.rest().iter().find(|byte| !b" \t".contains(byte)) {
            Some(byte) => b"#\r\n".contains(byte),
            None => true,
        };
        if is_empty || self.flow > 0 {
            return;
        }
        let is_inside = self.collections.last().is_none_or(|column| indentation > *column);
        self.can_be_key = !(self.node == NodeState::Plain && is_inside);
        if self.can_be_key {
            while self.collections.pop_if(|column| *column > indentation).is_some() {}
            self.node = NodeState::Expected;
        }
    }

    /// Reads a token where a node may begin.
    fn begin_node(&mut self) {
        let (rest, column) = (self.scanner.rest(), self.scanner.position() - self.line_start);
        let is_block = self.flow == 0;
        let ends_token = ends_token(rest.get(1..));
        match rest {
            [b'-' | b'?' | b':', ..] if ends_token && is_block && self.can_be_key => {
                self.open_collection(self.start.unwrap_or(column));
                self.start = None;
                return self.take(1);
            }
            [b'?' | b':', ..] if ends_token && !is_block => return self.take(1),
            [b',', ..] if !is_block => return self.take(1),
            _ => {}
        }
        if is_block {
            self.start.get_or_insert(column);
        }
        match rest {
            [b'"' | b'\'', ..] => self.read_quoted(),
            [b'|' | b'>', ..] if is_block => self.read_block(),
            [b'[' | b'{', ..] => {
                self.flow += 1;
                self.take(1);
            }
            [b']' | b'}', ..] if !is_block => self.close_flow(),
            [b'&' | b'!', ..] => self.take_name(),
            [b'*', ..] => {
                self.take_name();
                self.node = NodeState::Complete;
            }
            [b'%', ..] if column == 0 && is_block => {
                self.can_be_key = false;
                self.begin_plain();
            }
            _ => self.begin_plain(),
        }
    }

    fn open_collection(&mut self, column: usize) {
        if self.collections.last().is_none_or(|last| *last < column) {
            self.collections.push(column);
        }
    }

    fn close_flow(&mut self) {
        self.flow -= 1;
        self.node = NodeState::Complete;
        self.take(1);
    }

    fn begin_plain(&mut self) {
        self.node = NodeState::Plain;
        self.take(1);
    }

    /// Reads a tag, an anchor or an alias.
    fn take_name(&mut self) {
        let is_flow = self.flow > 0;
        let is_verbatim = self.scanner.starts_with(b"!<");
        let ends =
            |byte: &u8| byte.is_ascii_whitespace() || is_flow && !is_verbatim && b",[]{}".contains(byte);
        let rest = self.scanner.rest();
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        self.take(length.max(1));
    }

    /// Reads a piece of a plain scalar, or what ends it.
    fn read_plain(&mut self) {
        if !self.read_end_of_node(false) {
            let rest = self.scanner.rest();
            let more = rest.iter().skip(1).take_while(|byte| !b":#,[]{} \t\r\n".contains(byte)).count();
            self.take(1 + more);
        }
    }

    fn read_after_node(&mut self) {
        // In flow, a colon after a quoted key needs no space.
        if !self.read_end_of_node(self.flow > 0) {
            self.begin_plain();
        }
    }

    /// Reads a colon after a key, or an indicator of a flow collection.
    fn read_end_of_node(&mut self, needs_no_space: bool) -> bool {
        let rest = self.scanner.rest();
        match (rest, self.flow) {
            ([b':', ..], 0) if ends_token(rest.get(1..)) => match self.start.filter(|_| self.can_be_key) {
                Some(column) => {
                    self.open_collection(column);
                    self.start = None;
                    self.can_be_key = false;
                }
                None => return false,
            },
            ([b':', next @ ..], 1..) => {
                let is_followed =
                    ends_token(Some(next)) || next.first().is_some_and(|byte| b",[]{}".contains(byte));
                if !needs_no_space && !is_followed {
                    return false;
                }
            }
            ([b',', ..], 1..) => {}
            ([b']' | b'}', ..], 1..) => {
                self.close_flow();
                return true;
            }
            // In a plain scalar of a flow collection.
            ([b'[' | b'{', ..], 1..) => self.flow += 1,
            _ => return false,
        }
        self.node = NodeState::Expected;
        self.take(1);
        true
    }

    fn read_quoted(&mut self) {
        let rest = self.scanner.rest();
        let (region, length) = match quoted_length(rest) {
            Ok(length) => (Region::String, length),
            Err(length) => (Region::Code, length),
        };
        self.scanner.take(region, length);
        self.node = NodeState::Complete;
        // A key has one line.
        let read = rest.get(..length).unwrap_or_default();
        self.can_be_key &= memchr::memchr2(b'\n', b'\r', read).is_none();
    }

    fn read_block(&mut self) {
        let Some((header, indentation)) = block_header(self.scanner.rest()) else {
            return self.begin_plain();
        };
        self.take(header);
        if self.scanner.starts_with(b"#") {
            self.scanner.take(Region::Comment, comment_length(self.scanner.rest()));
        }
        self.node = NodeState::Complete;
        let parent = self.collections.last().copied();
        let (start, length) = block_body(self.scanner.rest(), parent, indentation);
        if length > 0 {
            self.take(start);
            self.scanner.take(Region::String, length);
        }
    }

    fn is_after_space(&self) -> bool {
        self.scanner.position() == self.line_start || matches!(self.scanner.before(), [.., b' ' | b'\t'])
    }

    fn take(&mut self, length: usize) {
        self.scanner.take(Region::Code, length);
    }
}

#[cfg(test)]
mod tests;
