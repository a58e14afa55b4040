//! What is open at a position.

use alloc::vec::Vec;

use super::before::Before;

/// Something that has begun and not ended yet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    /// `{…}` of an object, or of a block, a class or a type.
    Brace { is_object: bool },
    /// `(…)`
    Parenthesis { is_condition: bool },
    /// The text of a template.
    Template { start: usize },
    /// `${…}` of a template, or `{…}` of an element.
    Hole,
    /// `<name …>`
    Tag,
    /// What is between `<name>` and `</name>`.
    Children,
}

/// All that has begun and not ended yet, from outside to inside.
#[derive(Default)]
pub(super) struct FrameStack(Vec<Frame>);

impl FrameStack {
    pub(super) fn last(&self) -> Option<Frame> {
        self.0.last().copied()
    }

    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    pub(super) fn push(&mut self, frame: Frame) {
        self.0.push(frame);
    }

    pub(super) fn pop(&mut self) {
        self.0.pop();
    }

    /// Closes the innermost brace, and the parentheses in it that nothing closed.
    pub(super) fn close_brace(&mut self) -> Before {
        while let Some(Frame::Parenthesis { .. }) = self.last() {
            self.pop();
        }
        match self.0.pop_if(|frame| matches!(frame, Frame::Brace { .. } | Frame::Hole)) {
            Some(Frame::Brace { is_object: true }) => Before::Value,
            _ => Before::Block,
        }
    }

    pub(super) fn close_parenthesis(&mut self) -> Before {
        match self.0.pop_if(|frame| matches!(frame, Frame::Parenthesis { .. })) {
            Some(Frame::Parenthesis { is_condition: true }) => Before::Statement,
            _ => Before::Value,
        }
    }

    /// Where the outermost open template begins.
    pub(super) fn first_template(&self) -> Option<usize> {
        self.0.iter().find_map(|frame| match frame {
            Frame::Template { start } => Some(*start),
            _ => None,
        })
    }
}
