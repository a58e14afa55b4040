//! The ways in which editors save a file.

use super::*;

#[test]
fn a_write_in_place_is_one_reload() {
    let watched = watch_file();
    watched.dir.write("app.toml", "n = 2\n");
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 2"]);
    assert_eq!(watched.config.load().n, 2);
}

#[test]
fn truncating_a_file_and_writing_it_later_is_one_reload() {
    let watched = watch_file();
    let mut file = File::create(watched.path()).unwrap();
    sleep(DEBOUNCE * 4);
    file.write_all(b"n = 2\n").unwrap();
    drop(file);
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 2"]);
}

#[test]
fn a_write_in_three_parts_is_one_reload() {
    let watched = watch_file();
    let mut file = File::create(watched.path()).unwrap();
    for part in ["n =", " 2", "\n# the end\n"] {
        sleep(DEBOUNCE / 8);
        file.write_all(part.as_bytes()).unwrap();
    }
    drop(file);
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 2"]);
}

#[test]
fn each_save_of_an_editor_that_renames_files_is_one_reload() {
    type Save = fn(&TestDir, &str);
    let editors: [(&str, Save); 4] = [
        ("sed -i", |dir, text| replace_file(dir, "app.toml", text)),
        ("vim", |dir, text| {
            fs::rename(dir.path("app.toml"), dir.path("app.toml~")).unwrap();
            dir.write("app.toml", text);
            fs::remove_file(dir.path("app.toml~")).unwrap();
        }),
        ("JetBrains", |dir, text| {
            dir.write("app.toml___jb_tmp___", text);
            fs::rename(dir.path("app.toml"), dir.path("app.toml___jb_old___")).unwrap();
            fs::rename(dir.path("app.toml___jb_tmp___"), dir.path("app.toml")).unwrap();
            fs::remove_file(dir.path("app.toml___jb_old___")).unwrap();
        }),
        ("VS Code", |dir, text| {
            let file = File::options().write(true).open(dir.path("app.toml")).unwrap();
            file.set_len(0).unwrap();
            dir.write("app.toml", text);
        }),
    ];
    for (editor, save) in editors {
        let watched = watch_file();
        for n in 2..5 {
            save(&watched.dir, &format!("n = {n}\n"));
            watched.assert_events(&["changed app.toml", &format!("{n}: - n = {} + n = {n}", n - 1)]);
        }
        assert_eq!(watched.config.load().n, 4, "{editor}");
    }
}

#[test]
fn deleting_a_file_and_creating_it_after_a_second_is_one_reload() {
    let watched = watch_file();
    fs::remove_file(watched.path()).unwrap();
    sleep(Duration::from_secs(1));
    watched.dir.write("app.toml", "n = 2\n");
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 2"]);
}

#[test]
fn a_deleted_file_is_reported_after_two_seconds_and_a_new_one_at_once() {
    let watched = watch_file();
    let start = Instant::now();
    fs::remove_file(watched.path()).unwrap();
    watched.assert_events(&["changed app.toml", "2: - n = 1 + n = 0"]);
    assert!(start.elapsed() >= Duration::from_secs(2));
    watched.dir.write("app.toml", "n = 3\n");
    watched.assert_events(&["changed app.toml", "3: - n = 0 + n = 3"]);
}
