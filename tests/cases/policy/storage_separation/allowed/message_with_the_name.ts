function refuse(kind: string): never {
  throw new Error(`store_memory(type: "consensus") is refused: write ${kind} to the database`);
}
