//! Laws of contents: which files have changed, and which have lost their content.

use std::collections::BTreeMap;

use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::Fingerprint;
use speckit_core::config::reload::{Content, Contents};

type FileSet = BTreeMap<&'static str, Content>;

fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        2 => Just(Content::Missing),
        1 => select(&["denied", "a folder"][..]).prop_map(Content::unreadable),
        1 => Just(Content::of(b"")),
        3 => select(&["a = 1", "a = 2", "\n"][..]).prop_map(|text| Content::of(text.as_bytes())),
    ]
}

fn files() -> impl Strategy<Value = FileSet> {
    btree_map(select(&["a.toml", "b.toml", "c/d.toml"][..]), content(), 0..=3)
}

fn contents(files: &FileSet, environment: u8) -> Contents {
    let mut contents = Contents::default();
    files.iter().for_each(|(path, content)| contents.add_file(*path, *content));
    contents.add("environment", Fingerprint::of_bytes(&[environment]));
    contents
}

/// The content of a file. A file that was not read counts as missing.
fn content_of(files: &FileSet, path: &str) -> Content {
    files.get(path).copied().unwrap_or(Content::Missing)
}

proptest! {
    #[test]
    fn the_changed_files_are_those_with_another_content(
        before in files(), now in files(), environments in (0..2_u8, 0..2_u8)
    ) {
        // A file that is not read any more does not count as changed.
        let expected: Vec<_> =
            now.iter().filter(|(path, content)| content_of(&before, path) != **content).map(|(path, _)| *path).collect();
        let before = contents(&before, environments.0);
        let now = contents(&now, environments.1);
        prop_assert_eq!(now.files_changed_since(&before).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn only_files_that_had_bytes_lose_them(before in files(), now in files(), environment in 0..2_u8) {
        let has_bytes = |content: &Content| matches!(content, Content::Bytes(_));
        let is_lost = now.iter().any(|(path, content)| has_bytes(&content_of(&before, path)) && !has_bytes(content));
        let (before, now) = (contents(&before, 0), contents(&now, environment));
        prop_assert_eq!(now.lost_content_since(&before), is_lost);
        prop_assert!(!now.lost_content_since(&now));
        prop_assert!(!is_lost || now.files_changed_since(&before).next().is_some());
    }

    #[test]
    fn the_files_are_those_that_were_read(files in files()) {
        let contents = contents(&files, 0);
        prop_assert!(contents.files().eq(files.keys().copied()));
    }

    #[test]
    fn contents_are_equal_if_all_sources_are_equal(
        one in files(), other in files(), environments in (0..2_u8, 0..2_u8)
    ) {
        let (a, b) = (contents(&one, environments.0), contents(&other, environments.1));
        prop_assert_eq!(a == b, one == other && environments.0 == environments.1);
    }
}
