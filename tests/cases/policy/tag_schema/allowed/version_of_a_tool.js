memory.storeMemory({ content, tags: ["rust:1.85", "model:gpt-5", "protocol:HTTP-2", "level:T1"], importance: 8 });
