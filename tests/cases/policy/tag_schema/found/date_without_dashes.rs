fn note(memory: &mut Memory, text: &str) {
    memory.store_memory(text, Options { tags: vec!["type:lesson", "made:20251020"], importance: 8 });
}
// expects: 2:12
