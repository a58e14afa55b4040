memory.store_memory({ content, importance: 9, tags: new Set(["lang:js", "pending"]) });
// expects: 1:8
