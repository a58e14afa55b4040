func note(memory *Client, text string) error {
	return memory.StoreMemory(Memory{Content: text, Importance: 8.5})
}
