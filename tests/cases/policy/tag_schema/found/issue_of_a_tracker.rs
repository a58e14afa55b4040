async fn keep(client: &Client, text: String) -> Result<(), ToolError> {
    let arguments = |text| text;
    client
        .call("store_memory", json!({
            "content": arguments(text),
            "tags": ["component:parser", "fix:KIT-123"],
            "importance": 8,
        }))
        .await
}
// expects: 4:10
