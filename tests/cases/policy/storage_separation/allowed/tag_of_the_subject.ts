await client.callTool("store_memory", {
  content: "A gate must name which agents it asked; else nobody can repeat its verdict.",
  tags: ["topic:consensus", "component:quality-gate"],
  importance: 8,
});
