fn note(client: &Client) {
    client.store_memory(r#"{"content": "Pin the image", "importance": 7}"#);
}
// expects: 2:12
