async fn publish(client: &Client, spec: &Spec, votes: &[Vote]) -> Result<(), ToolError> {
    let request = json!({
        "name": "store_memory",
        "arguments": {
            "content": votes.iter().map(|vote| vote.to_string()).collect::<Vec<_>>().join("\n"),
            "metadata": { "spec": spec.id(), "models": [spec.model(0), spec.model(1)] },
            "type": "consensus_verdict",
            "importance": 9,
        },
    });
    client.call(request).await
}
// expects: 2:25
