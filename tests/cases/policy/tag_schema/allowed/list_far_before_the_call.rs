const TAGS: [&str; 2] = ["done", "wip"];

fn entry(memory: &mut Memory, text: &str) {
    memory.store_memory(text, 9, vec!["type:pattern"]);
    memory.retain(|entry| !TAGS.contains(&entry.state()));
}
