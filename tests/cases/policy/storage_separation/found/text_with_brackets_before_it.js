function archive(memory, run) {
  memory.store_memory("Retry (with jitter) :)", { importance: 9 });
  memory.store_memory("All passed :) (see the log)", { importance: 8, namespace: "run-logs" });
}
// expects: 3:10
