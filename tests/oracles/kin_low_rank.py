"""Approximates what LoRA's kin add to a weight by torch's singular values. Writes tests/fixtures/kin-low-rank.safetensors.

The differences are those that lycoris-lora and peft gave (adapters.py). A tensor `NAME` is the best of rank 3 of the difference of that case, one
called `0.75 A - 0.5 B` the best of rank 5 of such a sum.
"""
import json
import pathlib

import safetensors.torch
import torch

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
fixture = json.loads((FIXTURES / "adapters.json").read_text())
deltas = {name: delta.double() for name, delta in safetensors.torch.load_file(FIXTURES / "adapters.safetensors").items()}


def best(delta, rank):
    u, s, v = torch.linalg.svd(delta.flatten(1), full_matrices=False)
    return ((u[:, :rank] * s[:rank]) @ v[:rank]).reshape(delta.shape).float().contiguous()


# Magnitudes are read as A1111 reads them; no rank is left out.
names = [one["name"] for one in fixture["cases"]
         if one["shape"] in ([20, 12], [8, 6, 3, 3], [24, 10]) and "magnitudes" not in one and "ranks" not in one and one["kind"] != "norm"]
results = {name: best(deltas[name], 3) for name in names}
for a, b in (("lora linear", "loha linear"), ("loha conv3", "lora conv3")):
    results[f"0.75 {a} - 0.5 {b}"] = best(0.75 * deltas[a] - 0.5 * deltas[b], 5)
for name, value in results.items():
    print(name, tuple(value.shape), f"{value.norm():.4f}")
safetensors.torch.save_file(results, FIXTURES / "kin-low-rank.safetensors", {"madeBy": f"torch {torch.__version__}; differences: {fixture['madeBy']}"})
