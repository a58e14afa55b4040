func keep(memory *Client, text string) error {
	return memory.StoreMemory(Memory{
		Content:    text,
		Tags:       []string{"type:lesson"},
		Languages:  []string{"go", "rust"},
		Importance: 8,
	})
}
