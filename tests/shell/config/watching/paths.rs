//! Folders and links in the path of a file.

use super::*;

#[test]
fn a_folder_that_is_removed_and_created_again_is_watched_again() {
    let dir = TestDir::new().file("etc/app/app.toml", "n = 1\n");
    let builder = builder([dir.path("etc/app/app.toml")]);
    let watched = WatchedConfig::with(dir, builder);
    for (generation, n) in [(2, 2), (3, 3)] {
        fs::remove_dir_all(watched.dir.path("etc")).unwrap();
        sleep(DEBOUNCE * 2);
        watched.dir.write("etc/app/app.toml", format!("n = {n}\n"));
        watched.assert_events(&[
            "changed etc/app/app.toml",
            &format!("{generation}: - n = {} + n = {n}", n - 1),
        ]);
    }
    watched.dir.write("etc/app/app.toml", "n = 9\n");
    watched.assert_events(&["changed etc/app/app.toml", "4: - n = 3 + n = 9"]);
}

#[test]
fn a_file_in_a_missing_folder_is_noticed_when_it_appears() {
    let dir = TestDir::new();
    let builder = builder([dir.path("a/b/app.toml")]);
    let watched = WatchedConfig::with(dir, builder);
    watched.dir.write("a/b/app.toml", "n = 1\n");
    watched.assert_events(&["changed a/b/app.toml", "2: - n = 0 + n = 1"]);
}

#[cfg(unix)]
#[test]
fn changes_of_a_link_and_of_its_target_are_noticed() {
    use std::os::unix::fs::symlink;
    let dir = TestDir::new().file("real/a.toml", "n = 1\n").file("other/b.toml", "n = 3\n");
    symlink("real/a.toml", dir.path("app.toml")).unwrap();
    let watched = WatchedConfig::new(dir);
    watched.dir.write("real/a.toml", "n = 2\n");
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 2"]);
    symlink("other/b.toml", watched.dir.path("link.tmp")).unwrap();
    fs::rename(watched.dir.path("link.tmp"), watched.path()).unwrap();
    watched.assert_events(&["changed app.toml", "3: - n = 2 + n = 3"]);
    replace_file(&watched.dir, "other/b.toml", "n = 4\n");
    watched.assert_events(&["changed app.toml", "4: - n = 3 + n = 4"]);
}

/// Kubernetes links `app.toml` to `..data/app.toml`, and replaces the link `..data` to a folder with a time in its name.
#[cfg(unix)]
#[test]
fn each_update_of_a_kubernetes_volume_is_one_reload() {
    use std::os::unix::fs::symlink;
    let dir = TestDir::new().file("etc/..2026_1/app.toml", "n = 1\n");
    symlink("..2026_1", dir.path("etc/..data")).unwrap();
    symlink("..data/app.toml", dir.path("etc/app.toml")).unwrap();
    let builder = builder([dir.path("etc/app.toml")]);
    let watched = WatchedConfig::with(dir, builder);
    for n in 2..7 {
        watched.dir.write(&format!("etc/..2026_{n}/app.toml"), format!("n = {n}\n"));
        symlink(format!("..2026_{n}"), watched.dir.path("etc/..data_tmp")).unwrap();
        fs::rename(watched.dir.path("etc/..data_tmp"), watched.dir.path("etc/..data")).unwrap();
        fs::remove_dir_all(watched.dir.path(&format!("etc/..2026_{}", n - 1))).unwrap();
        watched.assert_events(&["changed etc/app.toml", &format!("{n}: - n = {} + n = {n}", n - 1)]);
    }
}

/// A deployment replaces the link `current` to `releases/1`.
#[cfg(unix)]
#[test]
fn a_link_in_the_middle_of_the_path_is_followed() {
    use std::os::unix::fs::symlink;
    let dir = TestDir::new().file("releases/1/app.toml", "n = 1\n").file("releases/2/app.toml", "n = 2\n");
    symlink("releases/1", dir.path("current")).unwrap();
    let builder = builder([dir.path("current/app.toml")]);
    let watched = WatchedConfig::with(dir, builder);
    symlink("releases/2", watched.dir.path("next")).unwrap();
    fs::rename(watched.dir.path("next"), watched.dir.path("current")).unwrap();
    watched.assert_events(&["changed current/app.toml", "2: - n = 1 + n = 2"]);
    watched.dir.write("releases/2/app.toml", "n = 3\n");
    watched.assert_events(&["changed current/app.toml", "3: - n = 2 + n = 3"]);
}
