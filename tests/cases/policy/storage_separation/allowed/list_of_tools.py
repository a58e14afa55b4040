ALLOWED = ["search_memory", "store_memory", "consensus_result", "workflow"]


def is_allowed(tool):
    return tool in ALLOWED or tool == "store_memory"
