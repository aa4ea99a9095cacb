"""Records how an Earley parser reads prompt schedules, for packages/engine/src/text/prompt/schedule.test.ts.

The grammar below is written from the description of the language: emphasised groups, timed changes, alternation, plain text and
white space, with stray brackets and colons allowed at the outermost level only. It is ambiguous, and lark 1.1.2 (the version that
A1111 pins) chooses among readings by hash order, so every prompt is read under several hash seeds, those it wavers on under many more,
and all readings are kept.

    python tests/oracles/prompt_schedule.py > tests/fixtures/prompt/schedules.json
"""

import json
import os
import platform
import random
import subprocess
import sys

import lark

HASH_SEEDS = 6
MORE_HASH_SEEDS = 60
GRAMMAR = r"""
!start: (content | /[][():]/+)*
content: (group | timed | cycle | words | BLANK)*
!group: "(" content ")"
      | "(" content ":" content ")"
      | "[" content "]"
timed: "[" [content ":"] content ":" [BLANK] NUMBER [BLANK] "]"
cycle: "[" content ("|" [content])+ "]"
BLANK: /\s+/
words: /([^\\\[\]():|]|\\.)+/
%import common.SIGNED_NUMBER -> NUMBER
"""


def random_prompt(rng):
    """Half of the prompts are grown from the grammar, half are noise; some of the former are damaged."""
    if rng.random() < 0.35:
        pieces = ["[", "]", "(", ")", ":", "|", "a", "b ", " ", "3", "0.5", "[a:", ":3]", ":.5]", "\\(", "\\", "[x|", "\n"]
        return "".join(rng.choices(pieces, [4, 4, 3, 3, 4, 1, 4, 3, 2, 2, 2, 3, 3, 2, 1, 0.2, 1, 0.3], k=rng.randint(1, 11)))

    def number():
        return rng.choice(["1", "2", "3", "4", "7", "0", "-1", "+2", ".5", "0.25", "0.75", "1.5", "1.", "2.0", "1e0", "1.5e-1", "3e-1"])

    def content(depth):
        out = ""
        for _ in range(rng.randint(0, 2)):
            kind = rng.random()
            if depth == 0 or kind < 0.45:
                out += rng.choice(["a", "b c", " d", "e, ", "f\\[", "\\|", "猫", "\t"])
            elif kind < 0.55:
                out += "(" + content(depth - 1) + ")"
            elif kind < 0.65:
                out += "(" + content(depth - 1) + ":" + rng.choice(["1.2", " 0.8 ", "x"]) + ")"
            elif kind < 0.7:
                out += "[" + content(depth - 1) + "]"
            elif kind < 0.85:
                blank = rng.choice(["", "", "", " ", "  "])
                before = content(depth - 1) + ":" if rng.random() < 0.6 else ""
                out += "[" + before + content(depth - 1) + ":" + blank + number() + rng.choice(["", "", " "]) + "]"
            else:
                out += "[" + "|".join(content(depth - 1) for _ in range(rng.randint(2, 4))) + "]"
        return out

    prompt = content(3)
    if prompt and rng.random() < 0.3:
        at = rng.randrange(len(prompt))
        prompt = prompt[:at] + rng.choice(["", "[", "]", "(", ")", ":", "|"]) + prompt[at + rng.randint(0, 1) :]
    return prompt


def cases():
    rng = random.Random(20240601)
    seen, out = set(), []
    while len(out) < 900:
        prompt = random_prompt(rng)
        if prompt in seen or len(prompt) > 48:
            continue
        seen.add(prompt)
        span = rng.choice([{"steps": 4}, {"steps": 4}, {"steps": 6}, {"steps": 4, "hiresSteps": 3}, {"steps": 5, "useOldScheduling": True}])
        out.append({"prompt": prompt, **span})
    return out


def schedule(tree, prompt, steps, hiresSteps=None, useOldScheduling=False):
    second = hiresSteps is not None and not useOldScheduling
    span = hiresSteps if second else steps
    if tree is None:
        return [[span, prompt]]

    def end_of(number):
        value = float(number)
        if value < 1 if useOldScheduling else "." in number:
            value = (value - second) * span
        else:
            value -= steps if second else 0
        return min(span, int(value))

    ends = {span}
    for node in tree.iter_subtrees():
        if node.data == "timed":
            ends.add(end_of(node.children[3]))
        elif node.data == "cycle":
            ends.update(range(1, span + 1))

    def at(node, step):
        if node is None:
            return ""
        if not isinstance(node, lark.Tree):
            return str(node)
        if node.data == "timed":
            before, after, _, number, _ = node.children
            return at(before if step <= end_of(number) else after, step)
        if node.data == "cycle":
            return at(node.children[(step - 1) % len(node.children)], step)
        return "".join(at(child, step) for child in node.children)

    return [[end, at(tree, end)] for end in sorted(ends) if end >= 1]


def read_all(asked):
    parser = lark.Lark(GRAMMAR)
    for case in asked:
        try:
            tree = parser.parse(case["prompt"])
        except lark.exceptions.LarkError:
            tree = None
        yield schedule(tree, **case)


def read_under(hash_seed, asked):
    """The schedules that a fresh interpreter with this hash seed finds."""
    command = [sys.executable, __file__, "--read"]
    env = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    done = subprocess.run(command, env=env, input=json.dumps(asked), text=True, check=True, capture_output=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    if sys.argv[1:] == ["--read"]:
        json.dump(list(read_all(json.load(sys.stdin))), sys.stdout)
        sys.exit()
    asked = cases()
    readings = [{json.dumps(reading): reading for reading in each} for each in zip(*(read_under(s, asked) for s in range(HASH_SEEDS)))]
    wavering = [i for i, found in enumerate(readings) if len(found) > 1]
    for seed in range(HASH_SEEDS, MORE_HASH_SEEDS):
        for i, reading in zip(wavering, read_under(seed, [asked[i] for i in wavering])):
            readings[i][json.dumps(reading)] = reading
    made_by = f"lark {lark.__version__}, Python {platform.python_version()}, {HASH_SEEDS} hash seeds, {MORE_HASH_SEEDS} where they differ"
    result = [{**case, "readings": list(found.values())} for case, found in zip(asked, readings)]
    rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in result)
    print('{"madeBy":' + json.dumps(made_by) + ',"cases":[\n' + rows + "\n]}")
