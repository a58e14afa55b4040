async fn remember_the_lesson(memory: &Memory) -> Result<(), MemoryError> {
    memory
        .store_memory(
            "consensus_result is None until every agent has answered; check it before the verdict is read",
            Options { kind: "pitfall", importance: 8 },
        )
        .await
}
