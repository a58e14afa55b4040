func seed(ctx context.Context, memory *Client) error {
	return memory.StoreMemory(ctx, Memory{
		Content:    "Raft elects a leader before it accepts entries.",
		Domain:     "consensus-algorithms",
		Importance: 8,
	})
}
