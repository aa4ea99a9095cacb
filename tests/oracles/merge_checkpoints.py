"""Merges tiny checkpoints by the rules of A1111's merger and of block-weighted mergers, written anew from their description,
with torch. Writes tests/fixtures/merge-checkpoints.json: element type, shape and SHA-256 of every tensor of each result."""
import hashlib
import json
import pathlib
import re

import numpy as np
import torch

ROOT = pathlib.Path(__file__).parent.parent
TYPES = {"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "I64": torch.int64, "I32": torch.int32}
NAMES = {dtype: name for name, dtype in TYPES.items()}
POSITIONS = "cond_stage_model.transformer.text_model.embeddings.position_ids"


def seeded(text, dtype, shape):
    """Values from -4 to 4 that depend on the text alone: FNV-1a of it, then multiples of an odd number."""
    state = 0x811C9DC5
    for letter in text:
        state = ((state ^ ord(letter)) * 0x01000193) & 0xFFFFFFFF
    count = int(np.prod(shape, dtype=np.int64))
    if dtype in ("I64", "I32"):
        return torch.arange(count, dtype=TYPES[dtype]).reshape(shape)
    hashed = ((np.arange(1, count + 1, dtype=np.uint64) * np.uint64(state | 1)) & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    values = (hashed >> np.uint32(9)).astype(np.float32) / np.float32(1 << 20) - np.float32(4)
    return torch.from_numpy(values).to(TYPES[dtype]).reshape(shape)


UNET = {
    "input_blocks.0.0.weight": [6, 4, 3, 3],
    "input_blocks.4.1.proj_in.weight": [16, 8],
    "input_blocks.11.0.in_layers.2.weight": [8, 9],
    "middle_block.1.norm.weight": [33],
    "output_blocks.0.0.weight": [12, 3],
    "output_blocks.11.0.weight": [5, 7],
    "time_embed.0.weight": [11],
    "out.2.weight": [4, 13],
    "label_emb.0.0.weight": [10],
}


def checkpoint(name, unet, text, channels=4, old_names=False, extra=()):
    shapes = {**UNET, "input_blocks.0.0.weight": [6, channels, 3, 3]}
    tensors = {f"model.diffusion_model.{key}": (unet, shape) for key, shape in shapes.items()}
    inside = "transformer" if old_names else "transformer.text_model"
    tensors[f"cond_stage_model.{inside}.encoder.layers.0.mlp.fc1.weight"] = (text, [9, 5])
    tensors[f"cond_stage_model.{inside}.final_layer_norm.bias"] = (text, [21])
    tensors[f"cond_stage_model.{inside}.embeddings.position_ids"] = ("I64" if name == "A" else "F16", [1, 77])
    tensors["first_stage_model.decoder.conv_in.weight"] = ("F32", [3, 4])
    tensors["alphas_cumprod"] = ("F32", [17])
    tensors["model_ema.num_updates"] = ("I32", [])
    tensors.update(extra)
    return {key: list(value) for key, value in tensors.items()}


MODELS = {
    "A": checkpoint("A", "F16", "F32", extra={"model.only_a": ("F32", [3])}.items()),
    "inpainting": checkpoint("inpainting", "F16", "F32", channels=9),
    "inpainting F32": checkpoint("inpainting F32", "F32", "F32", channels=9),
    "pix2pix": checkpoint("pix2pix", "F32", "F32", channels=8),
    "B": checkpoint("B", "F16", "F16", old_names=True, extra={"model.only_b": ("F16", [4])}.items()),
    "B F32": checkpoint("B F32", "F32", "F32"),
    "B BF16": checkpoint("B BF16", "BF16", "BF16"),
    "C": {key: value for key, value in checkpoint("C", "F16", "F32").items() if "middle_block" not in key},
}
VAE = {"decoder.conv_in.weight": ["F32", [3, 4]], "encoder.conv_in.weight": ["F32", [2]]}


def load(name):
    tensors = {key: seeded(f"{name} {key}", *value) for key, value in MODELS[name].items()}
    old = re.compile(r"^cond_stage_model\.transformer\.(?=embeddings|encoder|final_layer_norm)")
    return {old.sub("cond_stage_model.transformer.text_model.", key): value for key, value in tensors.items()}


def halved(tensor, half):
    return tensor.half() if half and tensor.dtype == torch.float32 else tensor


def mergeable(key):
    return "model" in key and key != POSITIONS


def merge(function, a, b, half, multiplier=lambda key: None):
    """A with what B has too put through a function of both; whole numbers stay, where A1111 would make floats of them."""
    result = dict(a)
    for key in a:
        if not mergeable(key) or key not in b or not (a[key].is_floating_point() and b[key].is_floating_point()):
            continue
        if a[key].shape == b[key].shape:
            result[key] = function(a[key], b[key], multiplier(key))
        else:
            result[key] = a[key].clone()
            result[key][:, 0:4] = function(a[key][:, 0:4], b[key], multiplier(key))
        result[key] = halved(result[key], half)
    return result


def weighted_sum(a, b, m):
    return ((1 - m) * a) + (m * b)


def add_difference(a, difference, m):
    return a + (m * difference)


def difference(b, c):
    result = dict(b)
    for key in b:
        if mergeable(key) and b[key].is_floating_point():
            result[key] = b[key] - c[key] if key in c else torch.zeros_like(b[key])
    return result


def block_multiplier(base, weights):
    inputs = (len(weights) - 1) // 2

    def multiplier(key):
        if "model.diffusion_model." not in key:
            return base
        if "time_embed" in key:
            return weights[0]
        if ".out." in key:
            return weights[-1]
        found = re.search(r"\.(input_blocks|middle_block|output_blocks)\.(\d+)\.", key)
        if not found:
            return base
        start = {"input_blocks": 0, "middle_block": inputs, "output_blocks": inputs + 1}[found[1]]
        return weights[start + (0 if found[1] == "middle_block" else int(found[2]))]

    return multiplier


def raw(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()


def recorded(result):
    return {key: [NAMES[value.dtype], list(value.shape), hashlib.sha256(raw(value)).hexdigest()[:16]] for key, value in sorted(result.items())}


BLOCKS = [round(i / 24, 3) for i in range(25)]
cases = []
for models, m, half in [(("A", "B"), 0.3, False), (("A", "B"), 0.3, True), (("A", "B F32"), 0.5, False), (("A", "B BF16"), 0.25, True),
                        (("inpainting", "B"), 0.4, False), (("inpainting", "B F32"), 0.6, False), (("inpainting F32", "B"), 0.4, True), (("pix2pix", "B BF16"), 0.7, False)]:  # fmt: skip
    a, b = map(load, models)
    cases.append({"mode": "weighted-sum", "models": models, "multiplier": m, "half": half, "tensors": recorded(merge(weighted_sum, a, b, half, lambda key: m))})
for models, m, half in [(("A", "B", "C"), 1.0, False), (("A", "B F32", "C"), 0.5, True), (("inpainting", "B", "C"), 0.8, False), (("B", "B BF16", "C"), -0.5, False)]:
    a, b, c = map(load, models)
    cases.append({"mode": "add-difference", "models": models, "multiplier": m, "half": half, "tensors": recorded(merge(add_difference, a, difference(b, c), half, lambda key: m))})
a, b = load("A"), load("B")
cases.append({"mode": "weighted-sum", "models": ["A", "B"], "multiplier": 0.45, "half": False, "blocks": BLOCKS, "tensors": recorded(merge(weighted_sum, a, b, False, block_multiplier(0.45, BLOCKS)))})
baked = {key: halved(value, True) for key, value in a.items()}
baked["first_stage_model.decoder.conv_in.weight"] = halved(seeded("VAE decoder.conv_in.weight", *VAE["decoder.conv_in.weight"]), True)
cases.append({"mode": "none", "models": ["A"], "half": True, "vae": True, "discard": "^model_ema|label_emb", "tensors": recorded({key: value for key, value in baked.items() if not re.search("^model_ema|label_emb", key)})})
three = load("C")
weights = [0.5, 0.3, 0.2]
summed = dict(a)
for key in a:
    if mergeable(key) and key in b and key in three and a[key].is_floating_point() and b[key].is_floating_point():
        summed[key] = (weights[0] * a[key] + weights[1] * b[key]) + weights[2] * three[key]
cases.append({"mode": "sum", "models": ["A", "B", "C"], "weights": weights, "half": False, "tensors": recorded(summed)})

(ROOT / "fixtures" / "merge-checkpoints.json").write_text(
    json.dumps({"made by": f"tests/oracles/merge_checkpoints.py with torch {torch.__version__}", "models": MODELS, "vae": VAE, "cases": cases}, separators=(",", ":")).replace('},{"mode"', '},\n{"mode"').replace('},"', '},\n"') + "\n"
)
