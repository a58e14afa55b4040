//! Suggestions for mistyped keys and names.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use crate::tree::Key;

const MAX_NAMES: usize = 3;

/// The known keys that are nearest to a mistyped one, nearest first, at most three.
///
/// Near is a Damerau–Levenshtein distance of at most a third of the longer key, or the same last name in another place.
///
/// ```
/// use speckit_core::Key;
/// use speckit_core::tree::nearest::nearest_keys;
/// let known = ["client.host", "server", "server.port"].map(|key| key.parse::<Key>().unwrap());
/// let found = nearest_keys(known, &"sever.prot".parse().unwrap());
/// assert_eq!(found, ["server.port".parse().unwrap()]);
/// ```
pub fn nearest_keys(known: impl IntoIterator<Item = Key>, key: &Key) -> Vec<Key> {
    let mistyped = key.to_string().to_lowercase();
    let distance = |known: Key| {
        let name = known.to_string().to_lowercase();
        let distance = strsim::damerau_levenshtein(&mistyped, &name);
        let longer = mistyped.chars().count().max(name.chars().count());
        let close = distance <= (longer / 3).max(1) && distance < longer;
        let same_name = key.last_name().is_some_and(|last| known.last_name() == Some(last));
        (close || same_name).then_some((distance, known))
    };
    let mut near: Vec<(usize, Key)> = known.into_iter().filter_map(distance).collect();
    near.sort();
    near.truncate(MAX_NAMES);
    near.into_iter().map(|(_, key)| key).collect()
}

/// In characters: a longer name has no near one.
const LONGEST_NAME: usize = 256;

/// The nearest of `names` to a mistyped one, if one is near enough to be meant.
///
/// Near is a Damerau–Levenshtein distance of at most a third of the longer name, and at least one.
pub fn nearest<'a>(mistyped: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = |text: &str| text.chars().count();
    let mistyped_length = length(mistyped);
    let small = mistyped.to_lowercase();
    names
        .into_iter()
        .filter_map(|name| {
            let longer = mistyped_length.max(length(name));
            let near = (longer / 3).max(1).min(longer.checked_sub(1)?);
            // The distance is at least the difference in length. The cost grows with the square of the length.
            if longer > LONGEST_NAME || mistyped_length.abs_diff(length(name)) > near {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&small, &name.to_lowercase());
            (distance <= near).then_some((distance, name))
        })
        .min()
        .map(|(_, name)| name)
}
