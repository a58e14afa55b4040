export function keep(memory: Memory, content: string) {
  const tags: string[] = ["type:lesson", "rust"];
  return memory.store_memory({ content, importance: 8, tags });
}
// expects: 2:9
