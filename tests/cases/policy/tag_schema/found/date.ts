await memory.store_memory({
  content: "The parser keeps comments.",
  tags: ["type:decision", "2025-10-20"],
  importance: 9,
});
// expects: 1:14
