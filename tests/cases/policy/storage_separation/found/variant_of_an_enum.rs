fn entry(memory: &mut Knowledge, body: String) {
    memory.store_memory(Entry {
        body,
        kind: EntryKind::QualityGateResult,
        importance: 9,
        tags: vec!["component:gate".into()],
    });
}
// expects: 2:12
