func done(memory *Client, text string) {
	memory.StoreMemory(text, Options{Tags: []string{"type:decision", "status:final"}, Importance: 9})
}
// expects: 2:9
