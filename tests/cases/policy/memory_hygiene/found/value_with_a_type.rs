fn note(memory: &mut Memory, text: &str) {
    memory.store_memory(Entry { importance: 6u8, text: text.to_owned() });
}
// expects: 2:12
