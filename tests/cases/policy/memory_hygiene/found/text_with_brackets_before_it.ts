memory.store_memory({ content: "Open ( and close } in a text, isn't it", importance: 7 });
// expects: 1:8
