//! What files held: as a reading found them, and what became of them since.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::PathBuf;

use speckit_tests::fakes::{Answer, Recording};

use crate::program::CERTIFICATE;

/// What files held, by their names.
pub type Contents = BTreeMap<String, Answer>;

/// The files of the configuration, as a reading found them; the rule's own is none.
pub fn contents(reading: &Recording) -> Contents {
    let found = reading.contents().into_iter();
    let ours = found.filter(|(path, _)| path.to_str() != Some(CERTIFICATE));
    ours.map(|(path, answer)| (path.display().to_string(), answer)).collect()
}

/// Whether a file that had bytes has none now.
pub fn has_lost_bytes(before: &Contents, now: &Contents) -> bool {
    before.iter().any(|(name, answer)| {
        let is_empty = matches!(now.get(name), Some(Ok(bytes)) if bytes.is_empty());
        matches!(answer, Ok(bytes) if !bytes.is_empty()) && (is_empty || is_missing(now.get(name)))
    })
}

/// The files whose bytes are others, in the order of their names. What is not there is not there, whether it was asked
/// for or not.
pub fn different(before: &Contents, now: &Contents) -> Vec<PathBuf> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let is_same = |name: &&String| {
        let (before, now) = (before.get(*name), now.get(*name));
        before == now || (is_missing(before) && is_missing(now))
    };
    names.into_iter().filter(|name| !is_same(name)).map(PathBuf::from).collect()
}

fn is_missing(answer: Option<&Answer>) -> bool {
    matches!(answer, None | Some(Err((ErrorKind::NotFound, _))))
}
