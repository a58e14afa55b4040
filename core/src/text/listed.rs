//! Lists of names that may be too long for a line.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::grouped;

/// The first `max` names, and how many more there are.
///
/// ```
/// use speckit_core::text::listed;
/// let names = ["a", "b", "c"].map(String::from);
/// assert_eq!(listed(names.clone().into_iter(), 3), "a, b, c");
/// assert_eq!(listed(names.into_iter(), 2), "a, b and 1 more");
/// ```
pub fn listed(names: impl ExactSizeIterator<Item = String>, max: usize) -> String {
    let more = names.len().saturating_sub(max);
    let shown = names.take(max).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {} more", grouped(&more)) }
}
