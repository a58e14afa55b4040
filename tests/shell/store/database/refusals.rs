//! Files that are no database of ours, and databases that cannot grow.

use speckit::store::rusqlite::Connection;
use speckit::store::{Store, StoreError};

use super::ground::{Ground, HeldUp, add, insert, names, wait};

fn said(result: Result<Store, StoreError>) -> (StoreError, String) {
    let error = result.unwrap_err();
    let said = error.to_string();
    assert!(said.contains(".db"), "it names the file: {said}");
    (error, said)
}

#[test]
fn what_is_no_database_is_refused_and_left_as_it_is() {
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(100).into_bytes();
    let noise: Vec<u8> = (0..20_000_u32).map(|dir| (dir.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [text, noise, b"short".to_vec(), b"SQLite format 3\0 and then nothing of it".to_vec()] {
        let ground = Ground::new();
        std::fs::write(ground.database(), &bytes).unwrap();
        let (error, said) = said(ground.options().open());
        assert!(matches!(error, StoreError::NotADatabase { .. }), "{said}");
        assert!(said.contains("is no SQLite database; name another file"), "{said}");
        assert_eq!(std::fs::read(ground.database()).unwrap(), bytes);
    }
}

#[test]
fn a_folder_is_refused() {
    let ground = Ground::new();
    std::fs::create_dir(ground.database()).unwrap();
    let (error, said) = said(ground.options().open());
    assert!(matches!(error, StoreError::Open { .. }), "{said}");
}

#[test]
fn a_path_that_leads_through_a_file_is_refused() {
    let ground = Ground::new();
    std::fs::write(ground.folder().join("file"), "").unwrap();
    for path in ["file/app.db", "file/deep/app.db", "nul\0.db"] {
        let (error, said) = said(Store::open(ground.folder().join(path)));
        assert!(matches!(error, StoreError::Open { .. }), "{said}");
    }
    assert!(matches!(Store::open(""), Err(StoreError::Open { .. })));
}

#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    for sql in [
        "CREATE TABLE theirs (a)",
        "PRAGMA application_id = 7",
        "PRAGMA application_id = 7; CREATE TABLE t (a)",
    ] {
        let ground = Ground::new();
        ground.stranger().execute_batch(sql).unwrap();
        let before = std::fs::read(ground.database()).unwrap();
        let (error, said) = said(ground.options().open());
        assert!(matches!(error, StoreError::Foreign { .. }), "{said}");
        assert_eq!(std::fs::read(ground.database()).unwrap(), before, "{sql}");
    }
}

#[test]
fn a_newer_database_is_refused_with_both_versions() {
    let ground = Ground::new();
    drop(ground.store());
    ground.stranger().execute_batch("PRAGMA user_version = 4711").unwrap();
    let (error, said) = said(ground.options().open());
    let StoreError::Newer { found: 4711, known, .. } = error else { panic!("{said}") };
    assert!(said.contains("the version 4711") && said.contains(&format!("up to {known}")), "{said}");
    let version = ground.stranger().pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0));
    assert_eq!(version, Ok(4711));
}

#[test]
fn a_version_that_no_release_wrote_is_refused() {
    let ground = Ground::new();
    drop(ground.store());
    ground.stranger().execute_batch("PRAGMA user_version = -1").unwrap();
    let (error, said) = said(ground.options().open());
    assert!(matches!(error, StoreError::Foreign { .. }), "{said}");
}

#[test]
fn a_database_that_is_locked_is_told_so_at_the_deadline() {
    let ground = Ground::new();
    drop(ground.store());
    let stranger = Connection::open(ground.database()).unwrap();
    stranger.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let begun = std::time::Instant::now();
    let (error, said) = said(ground.options().deadline(std::time::Duration::from_millis(300)).open());
    assert!(matches!(error, StoreError::Busy { .. }), "{said}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(3), "{:?}", begun.elapsed());
    drop(stranger);
    assert!(ground.options().open().is_ok());
}

#[test]
fn a_database_that_cannot_grow_says_so_and_goes_on_when_it_can() {
    let ground = Ground::new();
    let store = ground.store();
    let limit = |pages: &'static str| {
        move |tx: &speckit::store::Transaction<'_>| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            Ok(tx.query_row(&sql, [], |row| row.get::<_, i64>(0))?)
        }
    };
    // It is never less than there are.
    store.write(limit("1")).unwrap();
    let grow = |tx: &speckit::store::Transaction<'_>| {
        insert(tx, "partial")?;
        insert(tx, &"long ".repeat(20_000))
    };
    let full = store.write(grow);
    let Err(StoreError::Full { path, reason }) = &full else { panic!("{full:?}") };
    assert_eq!((path, reason.as_str()), (&ground.database(), "database or disk is full"));
    let held = HeldUp::new(&store);
    let (before, own, after) =
        (store.write_async(add("a")), store.write_async(grow), store.write_async(add("z")));
    held.release();
    assert_eq!((wait(before), wait(after)), (Ok(()), Ok(())), "what needs no room is written");
    assert!(matches!(wait(own), Err(StoreError::Full { .. })));
    assert_eq!(names(&store), ["a", "z"]);
    store.write(limit("1000000")).unwrap();
    assert_eq!(store.write(grow), Ok(()));
    assert_eq!(names(&store).len(), 4);
}

#[test]
fn a_write_within_a_read_closure_is_refused_with_a_way_out() {
    let ground = Ground::new();
    let store = ground.store();
    let error = store.read(|tx| insert(tx, "a")).unwrap_err().to_string();
    assert!(error.contains("`write`") && !error.contains("permissions"), "{error}");
    assert_eq!(names(&store), [""; 0]);
}

#[test]
fn a_damaged_file_is_told_so() {
    let ground = Ground::new();
    let store = ground.store();
    store
        .write(|tx| (0..500).try_for_each(|count| insert(tx, &format!("{count} {}", "x".repeat(200)))))
        .unwrap();
    drop(store);
    let mut bytes = std::fs::read(ground.database()).unwrap();
    bytes[4096 * 3..].fill(0xa5);
    std::fs::write(ground.database(), bytes).unwrap();
    let result = ground.options().open().and_then(|store| {
        store.read(|tx| {
            Ok(tx.query_row("SELECT sum(length(name)) FROM entries NOT INDEXED", [], |row| {
                row.get::<_, i64>(0)
            })?)
        })
    });
    let error = result.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("`speckit store check`"), "{error}");
}
