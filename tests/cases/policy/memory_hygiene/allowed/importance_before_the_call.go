func note(memory *Client, board *Board, text string) {
	board.Add(Card{Title: text, Importance: 2})
	memory.StoreMemory(Memory{Content: text, Importance: 9})
}
