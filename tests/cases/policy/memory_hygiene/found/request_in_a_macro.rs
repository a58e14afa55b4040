fn request(text: &str) -> serde_json::Value {
    json!({
        "name": "store_memory",
        "arguments": {
            "content": text.lines().map(|line| line.trim()).collect::<String>(),
            "importance": 5
        }
    })
}
// expects: 2:11
