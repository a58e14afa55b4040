//! Files that are moved, replaced or linked after somebody trusted them.

use std::fs;
use std::os::unix::fs::symlink;

use super::{CLONED, GATE, cloned, with};

#[test]
fn a_link_to_a_trusted_file_is_another_file() {
    let dir = cloned();
    dir.run("trust ./speckit.toml --yes").succeeds();
    // Relative commands would be those of this folder.
    fs::create_dir(dir.path("other")).unwrap();
    symlink(dir.path("speckit.toml"), dir.path("other/speckit.toml")).unwrap();
    let mut command = dir.command(&GATE.split(' ').collect::<Vec<_>>());
    let output = command.current_dir(dir.path("other")).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!dir.path("ran").exists() && !dir.path("other/ran").exists());
}

#[test]
fn a_trusted_link_is_trusted_for_its_values_wherever_it_leads() {
    let dir = with("").file("shared/one.toml", CLONED).file("shared/two.toml", CLONED);
    let relink = |target: &str| {
        fs::remove_file(dir.path("speckit.toml")).unwrap();
        symlink(dir.path(target), dir.path("speckit.toml")).unwrap();
    };
    relink("shared/one.toml");
    dir.run("trust ./speckit.toml --yes").succeeds();
    dir.run(GATE).succeeds();
    relink("shared/two.toml");
    dir.run(GATE).succeeds();
    dir.write("shared/two.toml", CLONED.replace("touch ran", "touch evil"));
    dir.run(GATE).exits_2();
    relink("shared/one.toml");
    dir.run(GATE).succeeds();
    // The file itself in the place of the link has the same path and the same values.
    fs::remove_file(dir.path("speckit.toml")).unwrap();
    dir.write("speckit.toml", CLONED);
    dir.run(GATE).succeeds();
    assert!(!dir.path("evil").exists());
}

#[test]
fn a_folder_is_known_by_its_path_without_links() {
    let dir = cloned();
    fs::create_dir(dir.path("real")).unwrap();
    fs::rename(dir.path("speckit.toml"), dir.path("real/speckit.toml")).unwrap();
    symlink(dir.path("real"), dir.path("alias")).unwrap();
    dir.run("trust alias/speckit.toml --yes").succeeds();
    let run_in = |folder: &str| {
        let mut command = dir.command(&GATE.split(' ').collect::<Vec<_>>());
        command.current_dir(dir.path(folder)).output().unwrap().status.code()
    };
    assert_eq!((run_in("real"), run_in("alias")), (Some(0), Some(0)));
    // Elsewhere it is another project, and another one in its place must have the same values.
    fs::rename(dir.path("real"), dir.path("moved")).unwrap();
    assert_eq!(run_in("moved"), Some(2));
    fs::create_dir(dir.path("real")).unwrap();
    dir.write("real/speckit.toml", CLONED.replace("touch ran", "touch evil"));
    assert_eq!(run_in("real"), Some(2));
    assert!(!dir.path("real/evil").exists());
}
