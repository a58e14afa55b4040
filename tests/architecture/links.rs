//! The dependencies of the core: the crates of `core-links.txt`, with its features those of `core-feature-links.txt` too, and
//! no others.

use std::collections::BTreeSet;
use std::process::Command;

use crate::assert_none;
use speckit_tests::workspace;

const WITHOUT_FEATURES: &str = include_str!("core-links.txt");
const BY_FEATURES: &str = include_str!("core-feature-links.txt");

/// The names of a list: the first word of each line, without comments.
fn allowed(list: &str) -> BTreeSet<String> {
    let lines = list.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines.flat_map(str::split_whitespace).map(String::from).collect()
}

/// The names of a tree as `cargo tree --prefix none` prints it: the first word of each line.
fn linked(tree: &str) -> BTreeSet<String> {
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(String::from).collect()
}

fn differences(allowed: &BTreeSet<String>, linked: &BTreeSet<String>) -> Vec<String> {
    let new = linked.difference(allowed).map(|name| format!("{name} is linked and not listed"));
    let gone = allowed.difference(linked).map(|name| format!("{name} is listed and not linked"));
    new.chain(gone).collect()
}

/// The crates that the core links with some features. One platform's tree, so that the list is the same on all of them.
fn core(features: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", "speckit-core", "--features", features])
        .args(["--edges", "normal", "--prefix", "none"])
        .args(["--target", "x86_64-unknown-linux-gnu", "--offline", "--locked"])
        .current_dir(workspace())
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let mut linked = linked(&String::from_utf8_lossy(&tree.stdout));
    assert!(linked.remove("speckit-core"), "the tree begins with the core itself");
    linked
}

const WHAT_TO_DO: &str = "the dependencies of the core are decided in tests/architecture/core-links.txt (without features) and \
                          core-feature-links.txt: argue for a new crate there, in the line that allows it (is it \
                          deterministic? no_std? could the shell do it?)";

#[test]
fn a_new_crate_and_a_stale_entry_are_detected() {
    let allowed = allowed("# Trees.\nserde serde_core  # typed settings\nim\n");
    let linked = linked("serde v1.0.0\nserde_core v1.0.0 (*)\ntokio v1.0.0\n\n");
    assert_eq!(
        differences(&allowed, &linked),
        ["tokio is linked and not listed", "im is listed and not linked"]
    );
}

#[test]
fn the_core_links_what_its_list_allows() {
    assert_none(differences(&allowed(WITHOUT_FEATURES), &core("")), WHAT_TO_DO);
}

/// All features but `proptest`, which only tests switch on.
const FEATURES: &str = "agents,app,auth,bench,edit,policy,retry,schema,schemars,store";

#[test]
fn each_feature_of_the_core_is_linked() {
    let manifest: toml::Table = include_str!("../../core/Cargo.toml").parse().expect("a manifest");
    let features = manifest["features"].as_table().expect("a table").keys().map(String::as_str);
    let features: BTreeSet<&str> = features.filter(|name| *name != "proptest").collect();
    assert_eq!(FEATURES.split(',').collect::<BTreeSet<_>>(), features, "FEATURES has each feature");
}

#[test]
fn the_features_of_the_core_link_what_their_list_allows() {
    let linked = core(FEATURES).difference(&core("")).cloned().collect();
    assert_none(differences(&allowed(BY_FEATURES), &linked), WHAT_TO_DO);
}
