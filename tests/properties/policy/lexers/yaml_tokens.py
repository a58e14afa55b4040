"""Reads a JSON list of texts, and writes the quoted and block scalars and the comments that PyYAML finds in each.

They are `[kind, start, end]` in bytes; `null` stands for a text that PyYAML refuses, or for a directive.
"""

import itertools
import json
import re
import sys

import yaml


def comments(text, start, end):
    for match in re.finditer("#[^\r\n\x85\u2028\u2029]*", text[start:end]):
        if match.start() + start > 0 and text[start + match.start() - 1] not in "\ufeff \t\r\n\x85\u2028\u2029":
            raise yaml.YAMLError("YAML demands white space before a comment")
        yield "comment", start + match.start(), start + match.end()


def marks(text):
    for _ in yaml.parse(text, yaml.SafeLoader):
        pass
    found = []
    last = 0
    for token in yaml.scan(text, yaml.SafeLoader):
        start, end = token.start_mark.index, token.end_mark.index
        if isinstance(token, yaml.DirectiveToken):
            return None
        # Between tokens there is nothing but white space and comments.
        found += comments(text, last, start)
        last = max(last, end)
        style = getattr(token, "style", None)
        if style in ("'", '"'):
            found.append(("string", start, end))
        elif style in ("|", ">"):
            header = re.compile("[^\r\n]*").match(text, start).end()
            found += comments(text, start, header)
            # Up to the end of its last line that is not empty.
            end = header + len(text[header:end].rstrip("\r\n "))
            found.append(("string", header, re.compile(" *").match(text, end).end()))
    sizes = [0, *itertools.accumulate(len(character.encode()) for character in text)]
    return [(kind, sizes[start], sizes[end]) for kind, start, end in found if start < end]


def answer(text):
    try:
        return marks(text)
    except yaml.YAMLError:
        return None


json.dump([answer(text) for text in json.load(sys.stdin)], sys.stdout)
