func keep(memory *Client, lesson Lesson) error {
	return memory.StoreMemory(Memory{
		Content:    stripAgentOutputNoise(lesson.Text),
		Source:     lesson.agentOutputFormat,
		Importance: 9,
	})
}
