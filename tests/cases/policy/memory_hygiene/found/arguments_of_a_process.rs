fn note(text: &str) -> std::io::Result<ExitStatus> {
    Command::new("memory-cli").args(["store_memory", "--importance", "2"]).arg(text).status()
}
// expects: 2:32
