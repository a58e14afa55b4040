fn note(memory: &Memory, lesson: &str) {
    memory.store_memory(
        lesson,
        // The consensus_result itself is written to SQLite: type: "consensus" has no place here.
        Options { kind: "lesson", importance: 9 },
    );
}
