func finish(ctx context.Context, session *mcp.Session, agent *Agent) error {
	_, err := session.CallTool(ctx, &mcp.CallToolParams{
		Name: "store_memory",
		Arguments: map[string]any{
			"content":    agent.Output,
			"importance": 8,
		},
	})
	return err
}
// expects: 2:53
