export function flush(client: MemoryClient, runTelemetry: Telemetry) {
  return client.storeMemory({ content: runTelemetry.toString(), importance: 8 });
}
// expects: 2:17
