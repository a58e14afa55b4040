fn note(memory: &mut Memory, text: &str) {
    memory.store_memory(Entry { text: text.into(), importance: 4, tags: Vec::new() });
}
// expects: 2:12
