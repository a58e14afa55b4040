await session.callTool("mcp__local-memory__store_memory", {
  content: lesson,
  tags: [`task:${task.name}`, "type:lesson"],
  importance: 8,
});
// expects: 1:15
