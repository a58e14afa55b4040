fn route(tool: &str, consensus_result: &ConsensusResult) -> Target {
    match tool {
        "store_memory" => Target::Knowledge,
        "store_artifact" => Target::Database(consensus_result.id),
        _ => Target::None,
    }
}
