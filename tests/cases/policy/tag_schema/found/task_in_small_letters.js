export const save = (memory, text) =>
  memory.storeMemory({ content: text, tags: ["type:lesson", "origin:task-12"], importance: 8 });
// expects: 2:10
