func note(ctx context.Context, session *mcp.Session, text string) error {
	_, err := session.CallTool(ctx, &mcp.CallToolParams{
		Name: "store_memory",
		Arguments: map[string]any{"content": text, "importance": 1},
	})
	return err
}
// expects: 2:53
