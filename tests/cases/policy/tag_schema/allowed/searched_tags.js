const hits = await memory.search({ tags: ["rust"] });
if (hits.length === 0) {
  await memory.store_memory({ content: answer, tags: ["lang:rust"], importance: 8 });
}
