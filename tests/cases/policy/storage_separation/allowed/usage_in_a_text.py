USAGE = """
Do not write workflow data:
    store_memory(consensus_result, type="consensus")
Write it with `speckit store` instead.
"""


def main():
    print(USAGE)
