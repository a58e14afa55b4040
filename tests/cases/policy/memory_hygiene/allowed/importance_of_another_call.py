def note(memory, board, text):
    memory.store_memory(text, importance=9)
    board.add_card(text, importance=3)
