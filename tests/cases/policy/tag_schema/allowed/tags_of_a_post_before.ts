const tags = ["draft", "T84"];
await blog.post({ body, tags });
await memory.store_memory({ content: body, tags: ["type:lesson"], importance: 8 });
