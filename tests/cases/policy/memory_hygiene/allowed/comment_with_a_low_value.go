func note(memory *Client, text string) error {
	return memory.StoreMemory(Memory{
		Content: text,
		// Importance: 5 was too low.
		Importance: 8,
	})
}
