//! The output of `store stats|check|vacuum`.

use std::collections::BTreeMap;
use std::time::Duration;

use speckit::store::{StoreError, StoreFinding, StoreStats, TableStats, VacuumOutcome, VacuumRecord};
use speckit_tests::golden;

fn stats() -> StoreStats {
    let table = |name: &str, rows, bytes| TableStats { name: name.into(), rows, bytes };
    StoreStats {
        path: "/home/ann/.code/speckit.db".into(),
        file_bytes: 53_248_000,
        wal_bytes: 4_120_032,
        page_bytes: 4096,
        pages: 13_000,
        free_pages: 12_500,
        savings_bytes: 51_261_440,
        version: 2,
        tables: vec![
            table("config_generations", 1000, Some(1_703_936)),
            table("config_refusals", 0, Some(4096)),
            table("config_files", 2412, None),
        ],
        last_vacuum: Some(VacuumRecord {
            started_at_ms: 1_700_000_000_123,
            started_at: "2023-11-14 22:13:20".into(),
            is_finished: true,
            freed_bytes: 48_000_000,
            elapsed_ms: 1834,
        }),
        settings: BTreeMap::from([
            ("auto_vacuum", "incremental".into()),
            ("journal_mode", "wal".into()),
            ("synchronous", "normal".into()),
        ]),
    }
}

fn vacuum_outcome() -> VacuumOutcome {
    VacuumOutcome {
        bytes_before: 53_248_000,
        bytes_after: 1_986_560,
        freed_bytes: 51_261_440,
        steps: 50,
        elapsed_ms: 1834,
        is_finished: true,
        is_cut: true,
    }
}

#[test]
fn statistics_have_a_text_and_json() {
    let fresh = StoreStats {
        wal_bytes: 0,
        free_pages: 0,
        savings_bytes: 0,
        tables: Vec::new(),
        last_vacuum: None,
        ..stats()
    };
    let mut unfinished = stats();
    unfinished.last_vacuum.as_mut().unwrap().is_finished = false;
    golden!("store/command", "the_numbers_of_a_database", format!("{}\n\n{fresh}\n\n{unfinished}", stats()));
    golden!("store/command", "the_numbers_as_json", serde_json::to_string_pretty(&stats()).unwrap());
}

#[test]
fn each_finding_of_a_check_has_a_text() {
    let reference = |rowid, columns: &[&str]| StoreFinding::Reference {
        table: "config_files".into(),
        rowid,
        columns: columns.iter().map(ToString::to_string).collect(),
        parent: "config_generations".into(),
    };
    let damage = |table: Option<&str>, reason: &str| StoreFinding::Damage {
        table: table.map(String::from),
        reason: reason.into(),
    };
    let findings = [
        damage(Some("notes"), "Tree 9 page 412: btreeInitPage() returns error code 11"),
        damage(None, "row 12 missing from index notes_by_text"),
        reference(Some(12), &["generation_id"]),
        reference(None, &["generation_id", "position"]),
    ];
    let texts = findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    golden!("store/command", "what_is_wrong_with_a_database", texts);
}

#[test]
fn each_result_of_a_vacuum_has_a_text() {
    let texts = [
        vacuum_outcome(),
        VacuumOutcome { steps: 1, freed_bytes: 8192, elapsed_ms: 2, ..vacuum_outcome() },
        VacuumOutcome { steps: 0, freed_bytes: 0, bytes_after: 53_248_000, ..vacuum_outcome() },
        VacuumOutcome { is_cut: false, ..vacuum_outcome() },
        VacuumOutcome { is_finished: false, is_cut: false, freed_bytes: 5_120_000, ..vacuum_outcome() },
    ];
    let texts = texts.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n---\n");
    golden!("store/command", "what_a_vacuum_did", texts);
}

#[test]
fn each_error_of_a_store_has_a_text() {
    let path = || "/home/ann/.code/speckit.db".into();
    let errors = [
        StoreError::NotADatabase { path: path() },
        StoreError::Foreign { path: path() },
        StoreError::Newer { path: path(), found: 9, known: 2 },
        StoreError::Copy { path: path(), reason: "exists already; name another file".into() },
        StoreError::Corrupt { path: path(), reason: "database disk image is malformed".into() },
        StoreError::Busy {
            path: path(),
            attempts: 41,
            elapsed: Duration::from_millis(5003),
            code: 5,
            message: "database is locked".into(),
        },
        StoreError::OpenedToRead { path: path() },
        StoreError::Replaced { path: path() },
        StoreError::OrphanedLog { path: path(), log: "/home/ann/.code/speckit.db-wal".into() },
        StoreError::ForeignLog { path: path() },
        StoreError::Unreadable { table: "consensus_runs", row: 7, reason: "missing field `spec`".into() },
    ];
    let texts = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    golden!("store/command", "why_a_database_cannot_be_used", texts);
    let unread = speckit_core::store::unread_log("speckit.db-wal");
    let text = format!("{}: {}\n{}\n", unread.code, unread.message, unread.help.unwrap_or_default());
    golden!("store/command", "a_log_that_is_not_read", text);
}
