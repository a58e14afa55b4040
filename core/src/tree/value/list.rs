//! The elements of a list.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::iter::FusedIterator;
use core::{fmt, mem, slice};

use im::Vector;
use im::vector;

use super::Value;

/// The elements of a list, in their order.
///
/// A clone shares its elements with the original until one of the two changes.
#[derive(Clone, Default)]
pub struct List(Elements);

#[derive(Clone)]
enum Elements {
    /// At most [`FEW`]. A change copies them, but most lists are short, and a vector takes room for 64 elements.
    Few(Arc<Vec<Value>>),
    // Boxed, since a vector's head is large.
    Many(Arc<Vector<Value>>),
}

const FEW: usize = 16;

impl List {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Elements::Few(few) => few.len(),
            Elements::Many(many) => many.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The element of that index, from 0.
    pub fn get(&self, index: usize) -> Option<&Value> {
        match &self.0 {
            Elements::Few(few) => few.get(index),
            Elements::Many(many) => many.get(index),
        }
    }

    /// The first element.
    pub fn first(&self) -> Option<&Value> {
        self.get(0)
    }

    /// The elements, in their order.
    pub fn iter(&self) -> ListIter<'_> {
        ListIter(match &self.0 {
            Elements::Few(few) => ElementsIter::Few(few.iter()),
            Elements::Many(many) => ElementsIter::Many(many.iter()),
        })
    }

    /// Replaces the element of that index, if there is one.
    pub(crate) fn set(&mut self, index: usize, value: Value) {
        let element = match &mut self.0 {
            Elements::Few(few) => Arc::make_mut(few).get_mut(index),
            Elements::Many(many) => Arc::make_mut(many).get_mut(index),
        };
        if let Some(element) = element {
            *element = value;
        }
    }

    /// Puts an element behind the others.
    pub(crate) fn push(&mut self, value: Value) {
        match &mut self.0 {
            Elements::Few(few) if few.len() < FEW => Arc::make_mut(few).push(value),
            Elements::Few(_) => {
                let mut all = mem::take(self).into_vector();
                all.push_back(value);
                self.0 = Elements::Many(Arc::new(all));
            }
            Elements::Many(many) => Arc::make_mut(many).push_back(value),
        }
    }

    /// Puts the elements of `other` behind those of this list, and shares them with it if they are many.
    pub(crate) fn append(&mut self, other: &Self) {
        match &other.0 {
            Elements::Few(few) => self.extend(few.iter().cloned()),
            Elements::Many(many) => {
                let mut all = mem::take(self).into_vector();
                all.append((**many).clone());
                self.0 = Elements::Many(Arc::new(all));
            }
        }
    }

    fn into_vector(self) -> Vector<Value> {
        match self.0 {
            Elements::Few(few) => Arc::unwrap_or_clone(few).into_iter().collect(),
            Elements::Many(many) => Arc::unwrap_or_clone(many),
        }
    }
}

impl Default for Elements {
    fn default() -> Self {
        Self::Few(Arc::default())
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(elements: I) -> Self {
        let mut elements: Vec<Value> = elements.into_iter().collect();
        Self(if elements.len() <= FEW {
            elements.shrink_to_fit();
            Elements::Few(Arc::new(elements))
        } else {
            Elements::Many(Arc::new(elements.into_iter().collect()))
        })
    }
}

impl Extend<Value> for List {
    fn extend<I: IntoIterator<Item = Value>>(&mut self, elements: I) {
        elements.into_iter().for_each(|element| self.push(element));
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
pub struct ListIter<'t>(ElementsIter<'t>);

#[derive(Clone)]
enum ElementsIter<'t> {
    Few(slice::Iter<'t, Value>),
    Many(vector::Iter<'t, Value, im::shared_ptr::DefaultSharedPtr>),
}

impl<'t> Iterator for ListIter<'t> {
    type Item = &'t Value;

    fn next(&mut self) -> Option<&'t Value> {
        match &mut self.0 {
            ElementsIter::Few(few) => few.next(),
            ElementsIter::Many(many) => many.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match &self.0 {
            ElementsIter::Few(few) => few.size_hint(),
            ElementsIter::Many(many) => many.size_hint(),
        }
    }
}

impl DoubleEndedIterator for ListIter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            ElementsIter::Few(few) => few.next_back(),
            ElementsIter::Many(many) => many.next_back(),
        }
    }
}

impl ExactSizeIterator for ListIter<'_> {}
impl FusedIterator for ListIter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Kind, LayerKind, Number, Origin, Source};

    fn int(int: usize) -> Value {
        let origin = Origin::whole(&Source::fragment(LayerKind::Override, "test", ""));
        Value::new(Kind::Number(Number::Int(i64::try_from(int).unwrap())), origin)
    }

    fn ints(numbers: core::ops::Range<usize>) -> Vec<Value> {
        numbers.map(int).collect()
    }

    #[test]
    fn a_list_of_any_length_is_a_vector() {
        for count in [0, 1, 15, 16, 17, 64, 65, 130] {
            let (mut list, mut all): (List, _) = (ints(0..count).into_iter().collect(), ints(0..count));
            let before = list.clone();
            list.set(count / 2, int(1000));
            list.set(count, int(1001));
            all.get_mut(count / 2).into_iter().for_each(|element| *element = int(1000));
            for further in [0, 1, 16, 20] {
                list.push(int(further));
                all.push(int(further));
                list.append(&ints(0..further).into_iter().collect());
                all.extend(ints(0..further));
            }
            assert_eq!((list.len(), list.first(), list.get(list.len())), (all.len(), all.first(), None));
            assert!(list.iter().eq(&all) && list.iter().rev().eq(all.iter().rev()));
            assert!((0..all.len()).all(|index| list.get(index) == all.get(index)));
            assert!(before.iter().eq(&ints(0..count)));
        }
    }
}
