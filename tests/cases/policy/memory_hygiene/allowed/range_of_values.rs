fn is_kept(entry: &Entry) -> bool {
    matches!(entry, Entry { importance: 8..=10, .. }) && !store_memory(entry, Limits { importance: 1..=10 })
}
