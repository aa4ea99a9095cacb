"""Records what Python itself makes of infotext lines, numbers and white space: the reference for the code that must do the same.

The pattern and the quoting rule are the published ones of the infotext format. Run: python tests/oracles/infotext.py
"""
import json
import platform
import random
import re
from pathlib import Path

PATTERN = re.compile(r'\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)')


def quote(value):
    return json.dumps(value, ensure_ascii=False) if any(c in value for c in ",\n:") else value


def unquote(value):
    if len(value) == 0 or value[0] != '"' or value[-1] != '"':
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def random_line(draw):
    pieces = ["Steps", "a", "é1", "名前", "😀", "𝒜b", ": ", ":", ",", ", ", " ", "-", "/", '"', '\\"', "\\", "20", "x", "\t", "\x1c", "(", "_", "²", "512x512", "\x85", "\u3000", "e\u0301"]
    return "".join(draw.choice(pieces) for _ in range(draw.randint(1, 14)))


def main():
    draw = random.Random(7)
    lines = [random_line(draw) for _ in range(400)]
    lines += [
        'Steps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 1, Size: 512x512, Lora hashes: "a: 0123456789ab, b: 0123456789cd"',
        'Hashes: {"vae": "c6a580b13a", "model": "c0d1994c73"}',
        'A: 1, BB: "x\\"y, z", CC: "open, DD: ""',
    ]
    values = ["plain", "a, b", "a: b", "line\nbreak", 'say "x", y', "back\\slash, x", "名前: 😀", "tab\t, x", "\u2028, x", ""]
    numbers = [7, 7.5, 0.75, 1e-7, 123456.789, 1e15, 1e16, 1.5e16, 1e22, -0.001, 0.0001, 0.00001, 1.23e-5, 2.5e-10, -3, 0.1, 1 / 3]
    space = [c for c in range(0x3100) if chr(c).isspace()]
    fixture = {
        "made by": f"tests/oracles/infotext.py, Python {platform.python_version()}",
        "pairs": [[line, [[key, unquote(value)] for key, value in PATTERN.findall(line)]] for line in lines],
        "quoted": [[value, quote(value)] for value in values],
        "numbers": [[number, str(number)] for number in numbers],
        "space": space,
    }
    path = Path(__file__).parents[1] / "fixtures/image/infotext.json"
    path.write_text(json.dumps(fixture, ensure_ascii=True, separators=(",", ":")) + "\n")


main()
