impl GateRunner {
    async fn record(&self, outcome: &GateOutcome) -> Result<(), StoreError> {
        let text = serde_json::to_string(outcome)?;
        self.memory
            .store_memory(
                &text,
                MemoryOptions {
                    importance: 8,
                    source: self.spec.clone(),
                    domain: "quality-gate".into(),
                },
            )
            .await?;
        Ok(())
    }
}
// expects: 5:14
