async fn finish(&self, lesson: &Lesson, consensus_result: &ConsensusResult) -> anyhow::Result<()> {
    self.memory.store_memory(&lesson.text, lesson.importance).await?;
    self.database.insert_consensus_result(consensus_result)?;
    Ok(())
}
