async function report(memory, stage) {
  const consensusResult = await runGate(stage);
  await memory.store_memory(`Round of ${stage}: ${JSON.stringify(consensusResult)}`, { importance: 9 });
}
// expects: 3:16
