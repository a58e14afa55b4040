pub async fn remember_state(memory: &Memory, run: &Run) -> Result<(), MemoryError> {
    memory
        .store_memory(run.to_json(), Options { key: format!("workflow:{}", run.id), importance: 8 })
        .await
}
// expects: 3:10
