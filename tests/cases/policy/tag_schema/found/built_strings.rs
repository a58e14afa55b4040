fn entry(memory: &mut Memory, text: &str) {
    memory.store_memory(
        text,
        9,
        Options { tags: vec![String::from("type:pattern"), String::from("todo")], ..Options::default() },
    );
}
// expects: 2:12
