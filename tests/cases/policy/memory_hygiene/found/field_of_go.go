func note(ctx context.Context, memory *Client, text string) error {
	return memory.StoreMemory(ctx, Memory{
		Content:    text,
		Importance: 6,
	})
}
// expects: 2:16
