from datetime import date


def learn(memory, text):
    memory.store_memory(text, tags=[f"date:{date.today()}", "type:lesson"], importance=8)
# expects: 5:12
