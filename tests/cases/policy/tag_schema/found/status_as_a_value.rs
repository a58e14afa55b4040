fn note(memory: &mut Memory) {
    memory.store_memory(Entry {
        text: "The lexer never fails.".to_string(),
        tags: vec!["component:lexer".to_string(), "work:in-progress".to_string()],
        importance: 8,
    });
}
// expects: 2:12
