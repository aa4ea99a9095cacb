"""Records how emphasis, AND weights and tags are matched by Python's own regular expressions and float arithmetic, for the tests
beside packages/engine/src/text/prompt/emphasis.ts and composition.ts.

Written from the description of the syntax: this is the plain quadratic way, which multiplies every piece at every closing bracket.

    python tests/oracles/prompt_emphasis.py > tests/fixtures/prompt/emphasis.json
"""

import json
import platform
import random
import re

NEXT = re.compile(
    r"(?P<escaped>\\[\\()\[\]])|(?P<backslash>\\)|(?P<open>[(\[])"
    r"|:\s*(?P<weight>[-+]?[\d.]+)\s*\)|(?P<close>[)\]])|(?P<plain>[^\\()\[\]:]+|:)"
)
BREAK = re.compile(r"\s*\bBREAK\b\s*")


def emphasis(text):
    pieces, opened = [], {"(": [], "[": []}

    def multiply(start, factor):
        for piece in pieces[start:]:
            piece[1] *= factor

    for found in NEXT.finditer(text):
        kind, whole = found.lastgroup, found.group()
        if kind == "escaped":
            pieces.append([whole[1], 1.0])
        elif kind == "backslash":
            pieces.append(["", 1.0])
        elif kind == "open":
            opened[whole].append(len(pieces))
        elif kind == "weight" and opened["("]:
            multiply(opened["("].pop(), float(found["weight"]))
        elif whole == ")" and opened["("]:
            multiply(opened["("].pop(), 1.1)
        elif whole == "]" and opened["["]:
            multiply(opened["["].pop(), 1 / 1.1)
        else:
            first, *others = BREAK.split(whole)
            pieces.append([first, 1.0])
            for other in others:
                pieces += [["BREAK", -1], [other, 1.0]]
    for bracket, factor in ("(", 1.1), ("[", 1 / 1.1):
        for start in opened[bracket]:
            multiply(start, factor)
    merged = []
    for piece, weight in pieces:
        if merged and merged[-1][1] == weight:
            merged[-1][0] += piece
        else:
            merged.append([piece, weight])
    return merged or [["", 1.0]]


def composition(text):
    parts = []
    for part in re.split(r"\bAND\b", text):
        found = re.fullmatch(r"(.*?)\s*(?::\s*([-+]?(?:\d+\.?|\d*\.\d+)))?\s*", part, re.DOTALL)
        parts.append([found[1], float(found[2]) if found[2] else 1.0])
    return parts


def texts():
    rng = random.Random(7)
    pieces = ["(", ")", "[", "]", ":", ":1.3)", ": 0.5 )", ":-1)", ":+.7)", ":٢.٥)", "a", " b", "\\", "\\(", "\\]", "BREAK", " BREAK ", "xBREAK"]
    pieces += ["AND", " AND ", "and", "BAND", "_AND", "猫AND", " : 1.2", ":2.", ":.25 ", ":1.5", "\x1c", "\x85", "\ufeff", "\u2003", "\n", "OR", "é", "𝟛"]
    for _ in range(600):
        yield "".join(rng.choice(pieces) for _ in range(rng.randint(1, 14)))


if __name__ == "__main__":
    rows = []
    for text in dict.fromkeys(texts()):
        rows.append(json.dumps([text, emphasis(text), composition(text)], ensure_ascii=False, separators=(",", ":")))
    print('{"madeBy":"Python ' + platform.python_version() + '","cases":[\n' + ",\n".join(rows) + "\n]}")
