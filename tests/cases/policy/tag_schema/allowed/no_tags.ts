await memory.store_memory({ content: "The parser keeps comments.", tags: [], category: ["parser"], importance: 9 });
