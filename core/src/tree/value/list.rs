//! The elements of a list.

use alloc::sync::Arc;
use core::fmt;
use core::iter::FusedIterator;

use im::Vector;
use im::vector;

use super::Value;

/// The elements of a list, in their order.
///
/// A clone shares its elements with the original until one of the two changes.
// Boxed, since a vector's head is large and lists are few.
#[derive(Clone, Default)]
pub struct List(Arc<Vector<Value>>);

impl List {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The element of that index, from 0.
    pub fn get(&self, index: usize) -> Option<&Value> {
        self.0.get(index)
    }

    /// The first element.
    pub fn first(&self) -> Option<&Value> {
        self.0.front()
    }

    /// The elements, in their order.
    pub fn iter(&self) -> ListIter<'_> {
        ListIter(self.0.iter())
    }

    /// Replaces the element of that index, if there is one.
    pub(crate) fn set(&mut self, index: usize, value: Value) {
        if let Some(element) = Arc::make_mut(&mut self.0).get_mut(index) {
            *element = value;
        }
    }

    /// Puts an element behind the others.
    pub(crate) fn push(&mut self, value: Value) {
        Arc::make_mut(&mut self.0).push_back(value);
    }

    /// Puts the elements of `other` behind those of this list, and shares them with it.
    pub(crate) fn append(&mut self, other: &Self) {
        Arc::make_mut(&mut self.0).append((*other.0).clone());
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        Self(Arc::new(elements.into_iter().collect()))
    }
}

impl Extend<Value> for List {
    fn extend<I: IntoIterator<Item = Value>>(&mut self, elements: I) {
        Arc::make_mut(&mut self.0).extend(elements);
    }
}

impl<'t> IntoIterator for &'t List {
    type Item = &'t Value;
    type IntoIter = ListIter<'t>;

    fn into_iter(self) -> ListIter<'t> {
        self.iter()
    }
}

/// The elements of a [`List`], in their order.
#[derive(Clone)]
pub struct ListIter<'t>(vector::Iter<'t, Value, im::shared_ptr::DefaultSharedPtr>);

impl<'t> Iterator for ListIter<'t> {
    type Item = &'t Value;

    fn next(&mut self) -> Option<&'t Value> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl DoubleEndedIterator for ListIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back()
    }
}

impl ExactSizeIterator for ListIter<'_> {}
impl FusedIterator for ListIter<'_> {}
