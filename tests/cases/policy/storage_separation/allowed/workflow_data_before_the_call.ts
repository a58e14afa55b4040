export async function closeStage(db: Database, memory: Memory, stageResult: StageResult) {
  await db.insert("stage_results", stageResult);
  await memory.store_memory({
    content: "A stage without tests hides mistakes until the audit.",
    type: "lesson",
    importance: 8,
  });
}
