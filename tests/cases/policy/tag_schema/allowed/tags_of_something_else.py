def publish(site, memory, article):
    site.publish(article, tags=["rust", "2025-10-20"])
    memory.store_memory(article.lesson, tags=["type:lesson"], importance=8)
    site.label(article, tags=["done"])
