"""Approximates matrices by torch's singular values, and LoRAs by kohya's resize script. Writes tests/fixtures/low-rank.{json,safetensors}.

Usage: low_rank.py RESIZE_LORA COMMIT, the path of networks/resize_lora.py of kohya-ss/sd-scripts and the commit that it is from.
Values are made from names (seeded_weights.py). All in float64, as the script has it once its matrices are.
"""
import importlib.util
import json
import logging
import math
import pathlib
import sys
import types

import safetensors.torch
import torch
from seeded_weights import integers

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
for name in ("library", "library.train_util", "library.model_util", "library.utils"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["library"].train_util = sys.modules["library.train_util"]
sys.modules["library"].model_util = sys.modules["library.model_util"]
sys.modules["library.utils"].setup_logging = lambda: logging.disable(logging.INFO)
spec = importlib.util.spec_from_file_location("resize_lora", sys.argv[1])
kohya = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kohya)

# As the script has these since its commit 063ef10: before, each kept one rank more than its rule asks for.
def first_above(shares, target):
    return int(torch.searchsorted(shares, target))


kohya.index_sv_ratio = lambda s, ratio: int((s > s[0] / ratio).sum()) - 1
kohya.index_sv_fro = lambda s, share: first_above(torch.cumsum(s ** 2, 0) / (s ** 2).sum(), share ** 2)
kohya.index_sv_cumulative = lambda s, share: first_above(torch.cumsum(s, 0) / s.sum(), share)

results = {}


def values(name, *shape):
    return torch.from_numpy(integers(name, math.prod(shape)).reshape(shape) / 1024)


def spectrum(name, out, within, decay):
    """A matrix whose singular values fall about as decay^i; 1: as they are in a matrix of chance."""
    least = min(out, within)
    if decay == 1:
        return values(name, out, within)
    return (values(f"{name} a", out, least) * decay ** torch.arange(least, dtype=torch.float64)) @ values(f"{name} b", least, within)


matrices = []
for what, (out, within) in {"wide": (24, 40), "tall": (40, 24), "square": (32, 32), "kernel": (16, 72), "row": (1, 30)}.items():
    for decay in (1, 0.5, 0.01):
        name = f"{what} {decay}"
        u, s, v = torch.linalg.svd(spectrum(name, out, within, decay), full_matrices=False)
        rank = min(6, len(s))
        matrices.append({"name": name, "out": out, "within": within, "decay": decay, "rank": rank, "sigmas": s.tolist()})
        results[name] = ((u[:, :rank] * s[:rank]) @ v[:rank]).float().contiguous()
        print(name, s[:3].tolist())

RULES = [(None, None), ("sv_ratio", 2.5), ("sv_fro", 0.9), ("sv_cumulative", 0.8)]
loras = []
for what, (shape, rank) in {"linear": ((24, 40), 8), "conv": ((16, 8, 3, 3), 6), "fat": ((20, 12), 16)}.items():
    out, within, *kernel = shape
    name = f"lora {what}"
    up = values(f"{name}.lora_up.weight", out, rank, *([1] * len(kernel)))
    # So that the ranks do not all matter as much.
    falling = (0.75 ** torch.arange(rank, dtype=torch.float64)).reshape(rank, *([1] * (1 + len(kernel))))
    down = values(f"{name}.lora_down.weight", rank, within, *kernel) * falling
    for alpha in (4.0, None):
        for method, value in RULES:
            most = 3 if method is None else 5
            made, _, _ = kohya.resize_lora_model(
                {"m.lora_up.weight": up, "m.lora_down.weight": down, **({} if alpha is None else {"m.alpha": torch.tensor(alpha)})},
                most, most, torch.float64, None, method, value, False)
            case = f"{name} {alpha} {method}"
            new_up, new_down = made["m.lora_up.weight"], made["m.lora_down.weight"]
            new_rank = new_down.shape[0]
            loras.append({"name": name, "case": case, "shape": list(shape), "rank": rank, "alpha": alpha, "by": method or "rank", "value": value or most,
                          "most": most, "newRank": new_rank, "newAlpha": float(made["m.alpha"])})
            results[case] = (new_up.flatten(1) @ new_down.flatten(1) * float(made["m.alpha"]) / new_rank).float().contiguous()
            print(case, new_rank, float(made["m.alpha"]))

by = f"torch {torch.__version__}, sd-scripts {sys.argv[2]}"
(FIXTURES / "low-rank.json").write_text(
    '{"madeBy": ' + json.dumps(by) + ', "matrices": [\n' + ",\n".join(map(json.dumps, matrices)) + '\n], "loras": [\n'
    + ",\n".join(map(json.dumps, loras)) + "\n]}\n")
safetensors.torch.save_file(results, FIXTURES / "low-rank.safetensors", {"madeBy": by})
