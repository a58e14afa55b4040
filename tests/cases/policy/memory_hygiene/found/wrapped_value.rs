fn note(memory: &mut Memory, text: &str) {
    memory.store_memory(Entry { text: text.to_owned(), importance: Importance::new(3) });
}
// expects: 2:12
