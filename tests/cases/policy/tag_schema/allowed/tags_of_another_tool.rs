async fn label(client: &Client) -> Result<(), ToolError> {
    client.call("search_memory", json!({ "query": "reload", "tags": ["done", "2025-10"] })).await
}
