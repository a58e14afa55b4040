func note(memory *Client, text string) error {
	return memory.StoreMemory(text, /* a number (see the guide) */ Options{
		Importance: 7, // was 8
	})
}
// expects: 2:16
