def note(text):
    subprocess.run(
        ["memory-cli", "store_memory", "--importance", "6", text],
        check=True,
    )
# expects: 3:22
