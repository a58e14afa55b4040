await memory.store_memory({
  content,
  tags: [`component:${component}`, `${kind}`, tagOf(language)],
  importance: 8,
});
