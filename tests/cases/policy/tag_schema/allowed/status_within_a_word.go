func note(memory *Client, text string) error {
	return memory.StoreMemory(Memory{
		Content:    text,
		Tags:       []string{"topic:blocked-threads", "topic:todo-comments", "pattern:done-channel"},
		Importance: 8,
	})
}
