func keep(memory *Client, text string) error {
	tags := []string{
		"component:store",
		"TASK-7",
	}
	return memory.StoreMemory(text, tags, 8)
}
// expects: 2:2
