await Promise.all([memory.store_memory(text, { importance: 8 }), board.add(text, { importance: 2 })]);
