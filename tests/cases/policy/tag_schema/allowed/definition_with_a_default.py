def store_memory(content, tags=("untagged",), importance=8):
    check_tags(tags)
    return backend.add(content, list(tags), importance)
