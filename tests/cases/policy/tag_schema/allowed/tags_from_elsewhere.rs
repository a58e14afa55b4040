fn note(memory: &mut Memory, text: &str, tags: &[String]) {
    memory.store_memory(text, Options { tags: tags.to_vec(), labels: vec!["draft"], importance: 8 });
}
