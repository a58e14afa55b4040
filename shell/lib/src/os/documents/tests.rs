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
