fn note(memory: &mut Memory, text: &str) {
    memory.store_memory(Entry { text: text.into(), importance_of_source: 3, importance: 9 });
    memory.restore_memory(Entry { text: text.into(), importance: 2 });
}
