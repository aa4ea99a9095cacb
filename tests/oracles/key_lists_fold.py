"""Folds a list of names and shapes: see key_lists.py."""
import re

NUMBER = re.compile(r"(?<![A-Za-z0-9])\d+(?![A-Za-z0-9])")


def fold(shapes):
    groups = {}
    for name, shape in shapes.items():
        numbers = tuple(int(n) for n in NUMBER.findall(name.replace("_", "\0")) if True)
        pattern = NUMBER.sub("#", name.replace("_", "\0")).replace("\0", "_")
        groups.setdefault((pattern, tuple(shape)), []).append(numbers)
    rows = {}
    for (pattern, shape), tuples in groups.items():
        text = ""
        if tuples != [()]:
            by_start = {}
            for t in tuples:
                by_start.setdefault(t[:-1], []).append(t[-1])
            parts = []
            for start, last in by_start.items():
                runs, last = [], sorted(last)
                for n in last:
                    if runs and n == runs[-1][1] + 1:
                        runs[-1][1] = n
                    else:
                        runs.append([n, n])
                text = ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
                parts.append(".".join([*map(str, start), text]))
            text = " ".join(parts)
        rows.setdefault((shape, text), []).append(pattern)
    return [[" ".join(names), list(shape), numbers] for (shape, numbers), names in rows.items()]
