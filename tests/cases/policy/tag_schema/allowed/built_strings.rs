fn entry(memory: &mut Memory, text: &str) {
    let kinds = ["lesson", "done"];
    memory.store_memory(text, 9, vec![String::from("type:pattern"), kinds[0].to_string()]);
}
