const [id, row] = await Promise.all([
  memory.store_memory(pattern.text, { importance: 9 }), db.insert({ type: "consensus", body: consensusResult }),
]);
