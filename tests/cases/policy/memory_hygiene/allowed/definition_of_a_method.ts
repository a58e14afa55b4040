export class Memory {
  async store_memory(content: string, importance = 5): Promise<void> {
    await this.backend.add(content, Math.max(importance, 8));
  }
}
