fn refuse(importance: u8) -> String {
    format!("store_memory(text, importance: 5) is refused: {importance} is below 8")
}
