async fn note(memory: &Memory, text: &str) -> Result<(), MemoryError> {
    memory.store_memory(text, Options { importance: Some(9), ..Options::default() }).await
}
