use super::*;

fn read(path: &Path) -> Result<String, Unread> {
    read_source(&Disk, LayerKind::File, path).map(|source| source.text().into())
}

#[test]
fn a_write_replaces_the_whole_text_and_leaves_no_neighbour() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.toml");
    for text in ["a long first text\n", "short\n"] {
        write_atomically(&path, text).unwrap();
        assert_eq!(read(&path).unwrap(), text);
    }
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["a.toml"]);
}

#[test]
fn a_write_that_fails_leaves_no_neighbour() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("taken/by-a-folder")).unwrap();
    assert!(write_atomically(&folder.path().join("taken"), "text").is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_not_replaced_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let error = write_atomically(&path, "text").unwrap_err();
    assert_eq!(error.to_string(), "it is no regular file");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn the_target_of_a_link_is_written_even_if_it_is_missing_and_a_circle_of_links_is_not() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("sub")).unwrap();
    symlink("sub/second", at("first")).unwrap();
    symlink("third", at("sub/second")).unwrap();
    for text in ["new", "newer"] {
        write_atomically(&at("first"), text).unwrap();
        assert_eq!(fs::read_to_string(at("sub/third")).unwrap(), text);
    }
    assert!(at("first").is_symlink() && at("sub/second").is_symlink() && !at("sub/third").is_symlink());
    symlink("circle", at("circle")).unwrap();
    assert!(write_atomically(&at("circle"), "text").is_err());
    assert!(at("circle").is_symlink());
}

#[cfg(unix)]
#[test]
fn a_long_name_is_no_hindrance() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("\u{e9}".repeat(127));
    for text in ["old", "new"] {
        write_atomically(&path, text).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}

#[test]
fn what_killed_processes_left_is_removed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let kept =
        [".a.toml.12-.tmp", ".a.toml.12-3", ".a.toml.mine.tmp", ".a.toml.b.12-3.tmp", ".b.toml.12-3.tmp"];
    for name in [".a.toml.12-3.tmp", ".a.toml.4-0.tmp", ".a.toml.5-0.tmp"].iter().chain(&kept) {
        fs::write(at(name), "left").unwrap();
    }
    let written_now = File::options().write(true).open(at(".a.toml.5-0.tmp")).unwrap();
    written_now.lock().unwrap();
    write_atomically(&at("a.toml"), "text").unwrap();
    let mut expected = [&kept[..], &["a.toml", ".a.toml.5-0.tmp"]].concat();
    expected.sort_unstable();
    let names = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, expected);
}

#[cfg(unix)]
#[test]
fn owner_group_and_permissions_are_those_of_the_old_file() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::write(&path, "old").unwrap();
    // Others than root keep their own files only.
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        chown(&path, Some(12345), Some(23456)).unwrap();
    }
    for mode in [0o400, 0o606, 0o640, 0o2750, 0o4711] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let access = |metadata: fs::Metadata| (metadata.uid(), metadata.gid(), metadata.mode() & 0o7777);
        let old = access(fs::metadata(&path).unwrap());
        assert_eq!(write_atomically(&path, "new").unwrap().warnings("a"), []);
        assert_eq!(access(fs::metadata(&path).unwrap()), old, "{mode:o}");
    }
}

#[cfg(unix)]
#[test]
fn other_names_of_the_old_file_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("a"), "old").unwrap();
    for name in ["b", "c"] {
        fs::hard_link(at("a"), at(name)).unwrap();
    }
    assert_eq!(write_atomically(&at("a"), "new").unwrap().other_names, 2);
    assert_eq!(fs::read_to_string(at("b")).unwrap(), "old");
    assert_eq!(write_atomically(&at("a"), "newer").unwrap().other_names, 0);
}

#[cfg(target_os = "linux")]
mod attributes {
    use super::*;
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    use std::os::unix::fs::MetadataExt as _;

    const LIST: &str = "system.posix_acl_access";

    /// An access control list in the form of Linux (linux/posix_acl_xattr.h): the owner may read and write, user 12345 may do this, and
    /// nobody else may do anything.
    fn list(permissions: u16) -> Vec<u8> {
        const NOBODY: u32 = u32::MAX;
        let entries = [
            (0x01_u16, 6_u16, NOBODY),
            (0x02, permissions, 12345),
            (0x04, 0, NOBODY),
            (0x10, permissions, NOBODY),
            (0x20, 0, NOBODY),
        ];
        let mut bytes = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, id) in entries {
            bytes.extend([tag.to_le_bytes(), permissions.to_le_bytes()].concat());
            bytes.extend(id.to_le_bytes());
        }
        bytes
    }

    /// Whether the file system of the path has such an attribute.
    fn set(path: &Path, name: &str, value: &[u8]) -> bool {
        let is_set = setxattr(path, name, value, XattrFlags::empty()).is_ok();
        if !is_set {
            println!("skipped: the file system has no attribute {name}");
        }
        is_set
    }

    fn value(path: &Path, name: &str) -> Option<Vec<u8>> {
        let mut value = Vec::with_capacity(1024);
        getxattr(path, name, rustix::buffer::spare_capacity(&mut value)).ok()?;
        Some(value)
    }

    #[test]
    fn extended_attributes_and_the_access_control_list_are_those_of_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "old").unwrap();
        if !set(&path, "user.speckit.a", b"one")
            || !set(&path, "user.speckit.b", b"")
            || !set(&path, LIST, &list(4))
        {
            return;
        }
        let mode = fs::metadata(&path).unwrap().mode();
        assert_eq!(write_atomically(&path, "new").unwrap(), Default::default());
        assert_eq!(value(&path, "user.speckit.a").as_deref(), Some(&b"one"[..]));
        assert_eq!(value(&path, "user.speckit.b").as_deref(), Some(&b""[..]));
        assert_eq!(value(&path, LIST), Some(list(4)));
        assert_eq!(fs::metadata(&path).unwrap().mode(), mode);
    }

    #[test]
    fn the_list_that_a_folder_gives_its_new_files_is_not_added_to_a_file_that_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "old").unwrap();
        if !set(folder.path(), "system.posix_acl_default", &list(6)) {
            return;
        }
        assert_eq!(write_atomically(&path, "new").unwrap(), Default::default());
        assert_eq!(value(&path, LIST), None);
    }
}

#[test]
fn what_a_file_lacks_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    assert_eq!(read(&path), Err(Unread::Missing));
    fs::write(&path, b"ab\xffc").unwrap();
    let Err(Unread::NotText(diagnostic)) = read(&path) else { panic!("a text") };
    assert_eq!(diagnostic.code, "parse/not-utf8");
    fs::write(&path, vec![b' '; MAX_BYTES]).unwrap();
    assert_eq!(read(&path).map(|text| text.len()), Ok(MAX_BYTES));
    fs::write(&path, vec![b' '; MAX_BYTES + 1]).unwrap();
    assert_eq!(read(&path), Err(Unread::TooLarge));
    assert!(matches!(read(folder.path()), Err(Unread::Io(_))));
}

#[cfg(unix)]
#[cfg(feature = "agents")]
#[test]
fn a_command_is_a_file_that_may_be_executed() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("tool");
    fs::write(&program, "").unwrap();
    let path = format!("/nowhere:{}", folder.path().display());
    assert_eq!(command_state("tool", Some(&path)), CommandState::NotExecutable);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(command_state("tool", Some(&path)), CommandState::Found);
    assert_eq!(command_state(program.to_str().unwrap(), None), CommandState::Found, "a path needs no PATH");
    assert_eq!([None, Some("")].map(|path| command_state("tool", path)), [CommandState::Missing; 2]);
    let inner = folder.path().join("folder");
    fs::create_dir(&inner).unwrap();
    assert_eq!(command_state("folder", Some(&path)), CommandState::Missing, "it is looked for on");
    assert_eq!(command_state(inner.to_str().unwrap(), None), CommandState::Folder);
    fs::write(inner.join("tool"), "").unwrap();
    let path = format!("{}:{path}", inner.display());
    assert_eq!(command_state("tool", Some(&path)), CommandState::Found, "the first that can be run");
}
