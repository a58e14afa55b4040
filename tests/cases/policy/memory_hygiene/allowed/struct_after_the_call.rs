fn note(memory: &mut Memory, text: &str) -> Card {
    memory.store_memory(Entry { text: text.into(), importance: 8 });
    Card { title: text.into(), importance: 1 }
}
