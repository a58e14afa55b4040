const answer = await session.callTool("mcp__local-memory__store_memory", {
  content: lesson.text,
  tags: lesson.tags.map((tag) => `type:${tag}`),
  importance: 3,
});
// expects: 1:30
