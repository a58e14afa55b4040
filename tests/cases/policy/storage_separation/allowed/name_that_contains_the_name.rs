fn restart(cache: &mut Cache, stage_state: StageState) {
    cache.restore_memory(stage_state, "workflow");
    cache.store_memory_limit(stage_state.limit());
}
