async fn note(memory: &Memory, text: &str) -> Result<(), MemoryError> {
    memory
        .store_memory(text, Options {
            importance: Some(7),
            ..Options::default()
        })
        .await
}
// expects: 3:10
