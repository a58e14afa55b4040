fn note(memory: &mut Memory, text: &str) {
    memory.store_memory(text, Options { tags: vec!["standard:rfc-8628", "encoding:UTF-8", "hash:sha-256"], importance: 9 });
}
