"""Reads a JSON list of texts, and writes the strings and comments that `tokenize` finds in each.

They are `[kind, start, end]` in bytes; `null` stands for a text that is no Python, or that has f-strings before Python 3.12, where
they are one token.
"""

import ast
import io
import itertools
import json
import re
import sys
import token
import tokenize

COMMENT, STRING = token.COMMENT, token.STRING
MIDDLES = {kind for kind, name in token.tok_name.items() if name in ("FSTRING_MIDDLE", "TSTRING_MIDDLE")}
STRINGS = {kind for kind, name in token.tok_name.items() if name.startswith(("FSTRING_", "TSTRING_"))} | {STRING}


def marks(text):
    ast.parse(text)
    rows = [0, *itertools.accumulate(len(line) + 1 for line in text.split("\n"))]
    sizes = [0, *itertools.accumulate(len(character.encode()) for character in text)]
    found = []
    end_of_middle = None
    for kind, string, *places, _ in tokenize.generate_tokens(io.StringIO(text, newline="\n").readline):
        start, end = (min(rows[row - 1] + column, len(text)) for row, column in places)
        is_wrong = kind == STRING and text[start:end] != string
        start, end = sizes[start], sizes[end]
        if is_wrong or not (end_of_middle or 0) <= start <= end:
            raise ValueError("some releases of 3.12 give wrong columns")
        # The second of two braces in an f-string belongs to no token.
        if end_of_middle is not None:
            found.append(("string", end_of_middle, start))
        end_of_middle = end if kind in MIDDLES else None
        if kind == STRING and not MIDDLES and re.match("[rR]?[fF]", string):
            return None
        if kind == COMMENT or kind in STRINGS:
            found.append(("comment" if kind == COMMENT else "string", start, end))
    return found


def answer(text):
    try:
        return marks(text)
    except (SyntaxError, SystemError, ValueError, tokenize.TokenError):
        return None


json.dump([answer(text) for text in json.load(sys.stdin)], sys.stdout)
