def check(tool, gate_output):
    assert tool == "store_memory", gate_output
    assert tool != "store_memory", {"type": "consensus"}
