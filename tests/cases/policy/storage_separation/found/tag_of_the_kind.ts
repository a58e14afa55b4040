const saved = await memory.store_memory({
  content: renderRound(round),
  tags: ["component:gate", "type:consensus"],
  importance: 8,
});
// expects: 1:28
