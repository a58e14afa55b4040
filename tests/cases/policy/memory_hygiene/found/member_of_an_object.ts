export async function note(memory: Memory, content: string) {
  await memory.store_memory({ content, importance: 0 });
}
// expects: 2:16
