//! Violations that were explained before.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::RefCell;

use super::graph::NodeId;
use super::violation::Violation;
use crate::tree::{Code, Key};

/// A node that several others use, the key of the value, the keyword that led there, and whether the explanation is brief.
pub(super) type Question = (NodeId, Key, Code, bool);

/// The violations of values against nodes that several others use: otherwise each step of a chain of shared references
/// would double the work.
#[derive(Default)]
pub(super) struct Explanations(RefCell<BTreeMap<Question, Vec<Violation>>>);

impl Explanations {
    pub(super) fn get(&self, question: &Question) -> Option<Vec<Violation>> {
        self.0.borrow().get(question).cloned()
    }

    pub(super) fn insert(&self, question: Question, violations: Vec<Violation>) {
        self.0.borrow_mut().insert(question, violations);
    }

    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}
