fn note(memory: &mut Memory, a: &str, b: &str) {
    memory.store_memory(Entry { text: a.into(), importance: 9 });
    memory.store_memory(Entry { text: b.into(), importance: 3 });
}
// expects: 3:12
