//! Folders and links on the way to a file.

use super::*;

#[test]
fn a_folder_that_is_removed_and_made_again_is_watched_again() {
    let dir = TestDir::new().file("etc/app/app.toml", "n = 1\n");
    let builder = builder([dir.path("etc/app/app.toml")]);
    let watched = Watched::with(dir, builder);
    for (generation, n) in [(2, 2), (3, 3)] {
        fs::remove_dir_all(watched.dir.path("etc")).unwrap();
        sleep(QUIET * 2);
        watched.dir.write("etc/app/app.toml", format!("n = {n}\n"));
        watched.sees(&["changed etc/app/app.toml", &format!("{generation}: - n = {} + n = {n}", n - 1)]);
    }
    watched.dir.write("etc/app/app.toml", "n = 9\n");
    watched.sees(&["changed etc/app/app.toml", "4: - n = 3 + n = 9"]);
}

#[test]
fn a_folder_that_is_not_there_yet_is_waited_for() {
    let dir = TestDir::new();
    let builder = builder([dir.path("a/b/app.toml")]);
    let watched = Watched::with(dir, builder);
    watched.dir.write("a/b/app.toml", "n = 1\n");
    watched.sees(&["changed a/b/app.toml", "2: - n = 0 + n = 1"]);
}

#[cfg(unix)]
#[test]
fn a_file_behind_a_link_is_followed_to_its_end() {
    use std::os::unix::fs::symlink;
    let dir = TestDir::new().file("real/a.toml", "n = 1\n").file("other/b.toml", "n = 3\n");
    symlink("real/a.toml", dir.path("app.toml")).unwrap();
    let watched = Watched::new(dir);
    watched.dir.write("real/a.toml", "n = 2\n");
    watched.sees(&["changed app.toml", "2: - n = 1 + n = 2"]);
    symlink("other/b.toml", watched.dir.path("link.tmp")).unwrap();
    fs::rename(watched.dir.path("link.tmp"), watched.path()).unwrap();
    watched.sees(&["changed app.toml", "3: - n = 2 + n = 3"]);
    rename_over(&watched.dir, "other/b.toml", "n = 4\n");
    watched.sees(&["changed app.toml", "4: - n = 3 + n = 4"]);
}

/// Kubernetes: `app.toml` → `..data/app.toml`, `..data` → a folder with a time in its name, which is swapped.
#[cfg(unix)]
#[test]
fn each_swap_of_a_kubernetes_volume_is_one_reload() {
    use std::os::unix::fs::symlink;
    let dir = TestDir::new().file("etc/..2026_1/app.toml", "n = 1\n");
    symlink("..2026_1", dir.path("etc/..data")).unwrap();
    symlink("..data/app.toml", dir.path("etc/app.toml")).unwrap();
    let builder = builder([dir.path("etc/app.toml")]);
    let watched = Watched::with(dir, builder);
    for n in 2..7 {
        watched.dir.write(&format!("etc/..2026_{n}/app.toml"), format!("n = {n}\n"));
        symlink(format!("..2026_{n}"), watched.dir.path("etc/..data_tmp")).unwrap();
        fs::rename(watched.dir.path("etc/..data_tmp"), watched.dir.path("etc/..data")).unwrap();
        fs::remove_dir_all(watched.dir.path(&format!("etc/..2026_{}", n - 1))).unwrap();
        watched.sees(&["changed etc/app.toml", &format!("{n}: - n = {} + n = {n}", n - 1)]);
    }
}

/// A deployment: `current` → `releases/1`, in the middle of the path.
#[cfg(unix)]
#[test]
fn a_link_in_the_middle_of_the_path_is_followed() {
    use std::os::unix::fs::symlink;
    let dir = TestDir::new().file("releases/1/app.toml", "n = 1\n").file("releases/2/app.toml", "n = 2\n");
    symlink("releases/1", dir.path("current")).unwrap();
    let builder = builder([dir.path("current/app.toml")]);
    let watched = Watched::with(dir, builder);
    symlink("releases/2", watched.dir.path("next")).unwrap();
    fs::rename(watched.dir.path("next"), watched.dir.path("current")).unwrap();
    watched.sees(&["changed current/app.toml", "2: - n = 1 + n = 2"]);
    watched.dir.write("releases/2/app.toml", "n = 3\n");
    watched.sees(&["changed current/app.toml", "3: - n = 2 + n = 3"]);
}
