await fetch(url, { method: "POST", body: text });
memory.store_memory('{"content": "Pin the image", "importance": 7}');
// expects: 2:8
