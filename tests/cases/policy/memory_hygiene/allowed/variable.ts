export async function note(memory: Memory, content: string, importance: number) {
  await memory.store_memory({ content, importance });
  await memory.store_memory({ content, importance: importance + 1 });
}
