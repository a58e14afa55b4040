fn note(memory: &mut Memory, text: &str) {
    memory.store_memory(Entry { text: text.into(), importance: 10, tags: Vec::new() });
}
