fn save(&self, stage: Stage, consensus_result: &ConsensusResult) -> anyhow::Result<()> {
    let tags = ["component:gate", "lang:rust"];
    self.knowledge.store_memory(&serde_json::to_string(consensus_result)?, &tags, 9)?;
    info!("the result of {stage} is saved");
    Ok(())
}
// expects: 3:20
