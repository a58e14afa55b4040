export function keep(memory: Memory, delegateOutput: string, investigateResult: string) {
  return memory.store_memory({ content: delegateOutput + investigateResult, kind: "insight", importance: 8 });
}
