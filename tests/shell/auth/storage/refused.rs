//! Files, folders and records that are not used for tokens, with the way out.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::process::Command;

use super::{NOBODY, load_error, reserve_error, set_mode, storage, store, token_in};
use crate::test_dir::TestDir;

#[test]
fn files_that_others_can_use_and_links_and_other_kinds_are_refused_with_the_command_that_mends_it() {
    let dir = TestDir::new();
    let storage = storage(&dir.path("a folder"));
    store(&storage, "canary");
    let file = storage.file().unwrap().to_path_buf();
    let shown = file.display();
    for bits in [0o640, 0o604, 0o620, 0o602, 0o666] {
        set_mode(&file, bits);
        let expected = format!(
            "`{shown}` is not used for tokens: other users may use it (mode 0{bits:o}): `chmod 600 '{shown}'`"
        );
        assert_eq!(load_error(&storage), expected);
        assert_eq!(reserve_error(&storage), expected);
    }
    set_mode(&file, 0o600);
    assert_eq!(token_in(&storage).as_deref(), Some("canary"), "nothing was replaced");

    fs::rename(&file, dir.path("elsewhere")).unwrap();
    symlink(dir.path("elsewhere"), &file).unwrap();
    let link =
        format!("`{shown}` is not used for tokens: it is a link, which is not followed: `rm '{shown}'`");
    assert_eq!([load_error(&storage), reserve_error(&storage)], [link.clone(), link]);
    fs::remove_file(&file).unwrap();

    fs::create_dir(&file).unwrap();
    let a_folder = format!("`{shown}` is not used for tokens: it is a folder: `rm -r '{shown}'`");
    assert_eq!([load_error(&storage), reserve_error(&storage)], [a_folder.clone(), a_folder]);
    fs::remove_dir(&file).unwrap();

    let other = format!("`{shown}` is not used for tokens: it is no regular file: `rm '{shown}'`");
    assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
    assert_eq!([load_error(&storage), reserve_error(&storage)], [other.clone(), other.clone()]);
    fs::remove_file(&file).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(&file).unwrap();
    assert_eq!(load_error(&storage), other);
}

#[test]
fn a_lock_file_that_others_can_use_or_that_is_a_link_is_refused() {
    let dir = TestDir::new();
    let storage = storage(&dir.path("auth"));
    store(&storage, "canary");
    let lock_file = storage.lock_file();
    set_mode(lock_file, 0o644);
    let error = storage.try_lock().unwrap_err().to_string();
    assert!(error.ends_with(&format!(": `chmod 600 {}`", lock_file.display())), "{error}");
    fs::remove_file(lock_file).unwrap();
    symlink(dir.path("other"), lock_file).unwrap();
    let error = storage.try_lock().unwrap_err().to_string();
    assert!(error.contains("it is a link"), "{error}");
    assert!(!dir.path("other").exists());
}

#[test]
fn a_folder_that_others_can_write_in_is_refused() {
    let dir = TestDir::new();
    let folder = dir.path("auth");
    let storage = storage(&folder);
    store(&storage, "canary");
    for bits in [0o770, 0o702, 0o1777] {
        set_mode(&folder, bits);
        let text = load_error(&storage);
        assert!(text.ends_with(&format!("(mode {bits:04o}): `chmod 700 {}`", folder.display())), "{text}");
        assert_eq!(storage.try_lock().unwrap_err().to_string(), text);
    }
    set_mode(&folder, 0o755);
    assert_eq!(token_in(&storage).as_deref(), Some("canary"), "others may see the names");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "").unwrap();
    let text = storage.try_lock().unwrap_err().to_string();
    assert!(text.ends_with(&format!("it is no folder: `rm {}`", folder.display())), "{text}");
}

/// Only the administrator can give files away.
#[test]
fn files_and_folders_of_other_users_are_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let dir = TestDir::new();
    let folder = dir.path("auth");
    let storage = storage(&folder);
    store(&storage, "canary");
    for path in [storage.file().unwrap(), &folder] {
        chown(path, Some(NOBODY), None).unwrap();
        let text = load_error(&storage);
        let end = format!(
            "it belongs to user 65534, and this process to user 0: `sudo chown 0 {}`",
            path.display()
        );
        assert!(text.ends_with(&end), "{text}");
        chown(path, Some(0), None).unwrap();
    }
    chown(storage.lock_file(), Some(NOBODY), None).unwrap();
    assert!(storage.try_lock().unwrap_err().to_string().contains("it belongs to user 65534"));
}

#[test]
fn a_record_that_cannot_be_read_has_a_way_out_and_is_replaced_by_a_login() {
    let dir = TestDir::new();
    let storage = storage(&dir.path("auth"));
    store(&storage, "canary");
    let file = storage.file().unwrap();
    let good = fs::read_to_string(file).unwrap();
    let newer = good.replace(r#""version":1"#, r#""version":2,"canary":1"#);
    let other = good.replace(r#""login":"work""#, r#""login":"Work""#);
    for (text, problem) in [
        (&good[..good.len() / 2], "it is damaged: `speckit auth login work`"),
        ("", "it is empty: `speckit auth login work`"),
        ("[\"canary\"]", "it is damaged: `speckit auth login work`"),
        (&newer, "a newer version of this program wrote it (form 2, this one reads form 1)"),
        (&"canary".repeat(50_000), "it is longer than 256 KiB: `speckit auth login work`"),
        (&other, "holds the tokens of the login `Work`, and this is `work`: give one of them another name"),
    ] {
        fs::write(file, text).unwrap();
        let error = load_error(&storage);
        assert!(error.contains(problem) && error.contains(&file.display().to_string()), "{error}");
        store(&storage, "new");
        assert_eq!(token_in(&storage).as_deref(), Some("new"));
    }
}
