func note(memory *Client, text string) error {
	return memory.StoreNote(text, func() error {
		return memory.StoreMemory(Memory{
			Content:    text,
			Tags:       []string{"type:pattern", "sprint:2025-10"},
			Importance: 8,
		})
	})
}
// expects: 3:17
