await session.callTool("store_memory", { content: "Quote every path", tags: ["type:lesson"] });
