def after_gate(store_memory, stage, gate_output):
    store_memory(
        f"Output of {stage}: {gate_output}",
        importance=8,
    )
# expects: 2:5
