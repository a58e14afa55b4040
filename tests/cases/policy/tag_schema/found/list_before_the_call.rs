async fn keep(memory: &Memory, lesson: &Lesson) -> Result<(), MemoryError> {
    let tags = vec!["type:lesson", "wip"];
    let text = lesson.text.trim();
    if text.is_empty() {
        return Ok(());
    }
    memory.store_memory(text, &tags, 8).await
}
// expects: 2:9
