//! Builds the tree of a TOML text from the events of its parser, with the origin of every value.
//!
//! serde would lose the spans inside untagged and flattened types. The tree of the crate `toml` keeps them, but takes several times
//! the memory of ours; it is built only to explain a text that is refused here.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

use toml_parser::decoder::Encoding;
use toml_parser::lexer::{Lexer, Token, TokenKind};
use toml_parser::parser::{EventReceiver, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Span};

use super::toml_scalar::{Scalar, scalar};
use super::toml_table::{Name, OpenTable};
use super::{syntax, too_deep};
use crate::tree::{Code, Diagnostic, Kind, List, MAX_DEPTH, Origin, Source, Text, Value};

/// Why a text has no tree.
pub(super) enum Refusal {
    /// It breaks a rule of TOML.
    NotToml,
    /// It has values that TOML allows and this project does not.
    Values(Vec<Diagnostic>),
}

/// How many lists and inline tables may lie in one another, and how many dots a key may have: the limits of `toml`.
const MAX_NESTING: usize = 80;

/// How many tokens are read at once, with the rest of the last line.
const TOKENS: usize = 512;

pub(super) fn read(source: &Arc<Source>) -> Result<Value, Refusal> {
    let mut builder = TreeBuilder::new(source);
    let mut error: Option<ParseError> = None;
    let mut tokens = toml_parser::Source::new(source.text()).lex();
    // One allocation, as no token is empty.
    let mut lines = Vec::with_capacity(source.text().len().min(TOKENS));
    while read_lines(&mut tokens, &mut lines) {
        parse_document(&lines, &mut builder, &mut error);
        if let Some(place) = builder.too_deep {
            return Err(Refusal::Values(Vec::from([too_deep(source, place.start()..place.end())])));
        }
        if error.is_some() {
            return Err(Refusal::NotToml);
        }
    }
    let mut found = mem::take(&mut builder.too_wide);
    let root = builder.close().ok_or(Refusal::NotToml)?;
    add_too_deep(&mut found, &root, 0);
    if found.is_empty() { Ok(root) } else { Err(Refusal::Values(found)) }
}

/// Replaces `lines` by the tokens of the next lines, which end outside of all brackets; returns whether there are any.
fn read_lines(tokens: &mut Lexer<'_>, lines: &mut Vec<Token>) -> bool {
    lines.clear();
    let mut open_brackets = 0_usize;
    for token in tokens {
        lines.push(token);
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open_brackets += 1,
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open_brackets = open_brackets.saturating_sub(1);
            }
            TokenKind::Newline if open_brackets == 0 && lines.len() >= TOKENS => break,
            _ => {}
        }
    }
    !lines.is_empty()
}

/// Adds a diagnostic for each table and list beyond the depth limit; what is in them has none.
fn add_too_deep(found: &mut Vec<Diagnostic>, value: &Value, depth: usize) {
    let is_branch = matches!(value.kind(), Kind::Table(_) | Kind::Array(_));
    if is_branch && depth >= MAX_DEPTH {
        found.push(too_deep(value.origin().source(), value.origin().span()));
        return;
    }
    match value.kind() {
        Kind::Table(members) => members.values().for_each(|member| add_too_deep(found, member, depth + 1)),
        Kind::Array(elements) => elements.iter().for_each(|element| add_too_deep(found, element, depth + 1)),
        _ => {}
    }
}

struct TreeBuilder<'s> {
    source: &'s Arc<Source>,
    root: OpenTable,
    /// The header of `current`; empty before the first one, when `current` is the root.
    header: Vec<Name>,
    /// Whether the header is `[[name]]`.
    is_item: bool,
    current: OpenTable,
    /// The brackets that are open.
    brackets: Vec<Bracket>,
    /// The keys of the header or of the values that are being read, from the outermost to the innermost.
    names: Vec<Name>,
    /// Where the last header begins.
    header_start: usize,
    too_wide: Vec<Diagnostic>,
    /// What is beyond the depth limit first. It ends the reading, since a deeper tree could overflow the stack.
    too_deep: Option<Span>,
}

/// An inline table or list that is not closed yet.
struct Bracket {
    start: usize,
    content: Content,
}

enum Content {
    List(List),
    /// A table, and how many of the names are those of the values around it.
    Table(OpenTable, usize),
}

impl<'s> TreeBuilder<'s> {
    fn new(source: &'s Arc<Source>) -> Self {
        let root = || OpenTable::new(Origin::new(source, 0..0));
        Self {
            source,
            root: root(),
            header: Vec::new(),
            is_item: false,
            current: root(),
            brackets: Vec::new(),
            names: Vec::new(),
            header_start: 0,
            too_wide: Vec::new(),
            too_deep: None,
        }
    }

    fn raw(&self, span: Span, encoding: Option<Encoding>) -> Raw<'s> {
        let text = self.source.text().get(span.start()..span.end());
        Raw::new_unchecked(text.unwrap_or_default(), encoding, span)
    }

    /// Begins the table of the header that is read; `None` if a rule forbids it.
    fn begin_table(&mut self, end: usize, is_item: bool) -> Option<()> {
        let origin = Origin::new(self.source, self.header_start..end);
        let previous = mem::replace(&mut self.current, OpenTable::new(origin.clone()));
        self.attach(previous)?;
        if !is_item {
            self.current = self.root.begin(&self.names, origin)?;
        }
        mem::swap(&mut self.header, &mut self.names);
        self.names.clear();
        self.is_item = is_item;
        Some(())
    }

    /// Puts the table of the last header in its place; `None` if a rule forbids it.
    fn attach(&mut self, table: OpenTable) -> Option<()> {
        if self.header.is_empty() {
            self.root = table;
            return Some(());
        }
        self.root.attach(&self.header, table, self.is_item)
    }

    /// Puts a value into the innermost list or table; `None` if a rule forbids it.
    fn add(&mut self, value: Value) -> Option<()> {
        let (table, outer_names) = match self.brackets.last_mut().map(|bracket| &mut bracket.content) {
            Some(Content::List(elements)) => {
                elements.push(value);
                return Some(());
            }
            Some(Content::Table(table, outer_names)) => (table, *outer_names),
            None => (&mut self.current, 0),
        };
        let name = self.names.pop()?;
        table.set(self.names.get(outer_names..)?, name.text, value)?;
        self.names.truncate(outer_names);
        Some(())
    }

    /// How deep the value that is being read lies in the table of the last header.
    fn depth(&self) -> usize {
        let lists = self.brackets.iter().filter(|bracket| matches!(bracket.content, Content::List(_)));
        self.names.len() + lists.count()
    }

    /// Whether the table or list that begins at `span` is within the limits of depth.
    fn may_begin(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        let is_too_deep = self.depth() >= MAX_DEPTH;
        if is_too_deep {
            self.too_deep.get_or_insert(span);
        }
        let is_allowed = !is_too_deep && self.brackets.len() < MAX_NESTING;
        report(is_allowed.then_some(()), error);
        is_allowed
    }

    fn close_bracket(&mut self, end: usize) -> Option<()> {
        let Bracket { start, content } = self.brackets.pop()?;
        let origin = Origin::new(self.source, start..end);
        self.add(match content {
            Content::List(elements) => Value::new(Kind::Array(elements), origin),
            Content::Table(table, _) => table.close()?.at(origin),
        })
    }

    fn close(mut self) -> Option<Value> {
        let origin = Origin::new(self.source, 0..0);
        let last = mem::replace(&mut self.current, OpenTable::new(origin));
        self.attach(last)?;
        self.root.close()
    }
}

/// Reports that a rule is broken. The text of the error is not shown: `toml` finds the same one.
fn report(allowed: Option<()>, error: &mut dyn ErrorSink) {
    if allowed.is_none() {
        error.report_error(ParseError::new("broken rule"));
    }
}

impl EventReceiver for TreeBuilder<'_> {
    fn std_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.header_start = span.start();
    }

    fn std_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        report(self.begin_table(span.end(), false), error);
    }

    fn array_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.header_start = span.start();
    }

    fn array_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        report(self.begin_table(span.end(), true), error);
    }

    fn inline_table_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        let is_allowed = self.may_begin(span, error);
        if is_allowed {
            let table = OpenTable::new(Origin::new(self.source, span.start()..span.end()));
            let content = Content::Table(table, self.names.len());
            self.brackets.push(Bracket { start: span.start(), content });
        }
        is_allowed
    }

    fn inline_table_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        report(self.close_bracket(span.end()), error);
    }

    fn array_open(&mut self, span: Span, error: &mut dyn ErrorSink) -> bool {
        let is_allowed = self.may_begin(span, error);
        if is_allowed {
            self.brackets.push(Bracket { start: span.start(), content: Content::List(List::default()) });
        }
        is_allowed
    }

    fn array_close(&mut self, span: Span, error: &mut dyn ErrorSink) {
        report(self.close_bracket(span.end()), error);
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let mut name = Cow::Borrowed("");
        self.raw(span, encoding).decode_key(&mut name, error);
        let outer_names = match self.brackets.last() {
            Some(Bracket { content: Content::Table(_, outer_names), .. }) => *outer_names,
            _ => 0,
        };
        let is_too_deep = self.depth() >= MAX_DEPTH;
        if is_too_deep {
            self.too_deep.get_or_insert(span);
        }
        if is_too_deep || self.names.len() >= outer_names + MAX_NESTING {
            return report(None, error);
        }
        self.names.push(Name { text: Text::new(name), span: span.start()..span.end() });
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let kind = match scalar(self.raw(span, encoding), error) {
            Scalar::Kind(kind) => kind,
            Scalar::TooWide => {
                let message = "the number does not fit into 128 bits";
                let span = span.start()..span.end();
                self.too_wide.push(syntax(self.source, Code::ParseNumber, message, span));
                Kind::Null
            }
        };
        let value = Value::new(kind, Origin::new(self.source, span.start()..span.end()));
        report(self.add(value), error);
    }

    fn comment(&mut self, span: Span, error: &mut dyn ErrorSink) {
        self.raw(span, None).decode_comment(error);
    }

    fn newline(&mut self, span: Span, error: &mut dyn ErrorSink) {
        self.raw(span, None).decode_newline(error);
    }
}
