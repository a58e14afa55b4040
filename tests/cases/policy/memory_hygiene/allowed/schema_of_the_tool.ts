server.registerTool("store_memory", {
  description: "Adds an entry with an importance: 1 to 10",
  inputSchema: { content: z.string(), importance: z.number().int().min(8).max(10) },
});
