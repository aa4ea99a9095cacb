"""Draws on the starter checkpoint with add-ons, in diffusers and transformers. Writes tests/fixtures/adapter-runs.{json,safetensors}.

Add-ons of several kinds are made from the names of their tensors (seeded_weights.py); diffusers gets the sums W + Σ m·ΔW, which
lycoris-lora works out from the same files through its own functions. Sampled by k-diffusion's Euler.
"""
import json
import math

import diffusers
import numpy as np
import safetensors.torch
import torch
import transformers
from importlib.metadata import version
from lycoris.functional import locon, loha, lokr
from seeded_weights import integers
from starter_models import FIXTURES, draw, text_encoder, tokens, unet_model

STEPS, CFG, SEED, SIZE = 4, 5.0, 77, 8
PROMPT = "red apple"

def layers(model, prefix, outer, choose):
    """kohya's names of a network's layers."""
    return {f"{prefix}_{outer}{name.replace('.', '_')}": module for name, module in model.named_modules()
            if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)) and choose(name)}


def made(file, key, shape, size):
    return torch.from_numpy((integers(f"{file} {key}", math.prod(shape)).reshape(shape) / 1024 * size).astype(np.float32))


def lora(name, shape, rank):
    out, within, *kernel = shape
    return {"lora_up.weight": ((out, rank, *([1] * len(kernel))), 0.25), "lora_down.weight": ((rank, within, *kernel), 0.25)}


def loha_shapes(name, shape, rank):
    out, within, *kernel = shape
    return {"hada_w1_a": ((out, rank), .25), "hada_w1_b": ((rank, within * math.prod(kernel)), .25),
            "hada_w2_a": ((out, rank), .25), "hada_w2_b": ((rank, within * math.prod(kernel)), .25)}


def lokr_shapes(name, shape, rank):
    out, within, *kernel = shape
    return {"lokr_w1": ((4, 4), .25), "lokr_w2": ((out // 4, within // 4, *kernel), .125)}


def delta(kind, tensors, shape, rank, alpha):
    gamma = alpha / rank
    if kind == "lora":
        return locon.diff_weight(tensors["lora_down.weight"], tensors["lora_up.weight"], None, gamma=gamma)
    if kind == "loha":
        return loha.diff_weight(tensors["hada_w1_b"], tensors["hada_w1_a"], tensors["hada_w2_b"], tensors["hada_w2_a"], None, None,
                                gamma=torch.tensor(gamma)).reshape(shape)
    return lokr.diff_weight(tensors["lokr_w1"], None, None, tensors["lokr_w2"], None, None, None, gamma=1.0)


def attention(name):
    return "transformer_blocks" in name or "proj_in" in name or "proj_out" in name or "self_attn" in name or "mlp" in name


def everything(name):
    return attention(name) or "resnets" in name or "samplers" in name


FILES = {
    "style": ("lora", 4, 2.0, attention, lora, True), "thing": ("lora", 3, 3.0, attention, lora, True),
    "conv": ("lora", 2, 1.0, everything, lora, False), "hada": ("loha", 3, 3.0, attention, loha_shapes, True),
    "kron": ("lokr", 1, 1.0, everything, lokr_shapes, False),
}
RUNS = {
    "without": [], "style": [("style", 0.8, 0.8)], "parts": [("style", 0.3, 1.0)], "negative": [("thing", -0.5, -0.5)],
    "three": [("style", 0.5, 0.5), ("thing", 0.7, 0.2), ("hada", 0.6, 0.6)], "conv": [("conv", 1.0, 1.0)], "kron": [("kron", 0.0, 0.7), ("style", 1.0, 1.0)],
}
TEXT, UNET = text_encoder(), unet_model()
files = {}
for name, (kind, rank, alpha, choose, shapes_of, with_text) in FILES.items():
    targets = layers(UNET, "lora_unet", "", choose) | (layers(TEXT, "lora_te", "text_model_", choose) if with_text else {})
    tensors = {}
    for layer, module in targets.items():
        for key, (shape, size) in shapes_of(layer, tuple(module.weight.shape), rank).items():
            tensors[f"{layer}.{key}"] = [list(shape), size]
    files[name] = {"kind": kind, "rank": rank, "alpha": alpha, "modules": sorted(targets), "tensors": tensors}


class Adapted:
    """Both networks with W + Σ m·ΔW, and as they were again afterwards."""
    def __init__(self, uses):
        self.uses = uses

    def __enter__(self):
        self.kept = {}
        named = layers(UNET, "lora_unet", "", everything) | layers(TEXT, "lora_te", "text_model_", everything)
        for file, text, unet in self.uses:
            kind, rank, alpha, *_ = FILES[file]
            for layer in files[file]["modules"]:
                module = named[layer]
                self.kept.setdefault(layer, (module, module.weight.data.clone()))
                own = {key.removeprefix(f"{layer}."): made(file, key, shape, size) for key, (shape, size) in files[file]["tensors"].items()
                       if key.startswith(f"{layer}.")}
                strength = text if layer.startswith("lora_te") else unet
                module.weight.data += strength * delta(kind, own, tuple(module.weight.shape), rank, alpha).reshape(module.weight.shape)

    def __exit__(self, *_):
        for module, weight in self.kept.values():
            module.weight.data = weight


def encode(text):
    with torch.no_grad():
        return TEXT(input_ids=tokens(text)).last_hidden_state


results = {}
for run, uses in RUNS.items():
    with Adapted(uses):
        contexts = [encode(PROMPT), encode("")]
        results[run] = draw(UNET, contexts, STEPS, CFG, SEED, SIZE)
    print(run, f"{(results[run] - results['without']).norm() / results['without'].norm():.3f}")

by = (f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, lycoris-lora {version('lycoris-lora')}, "
      f"k-diffusion {version('k-diffusion')}, torch {torch.__version__}, float32")

(FIXTURES / "adapter-runs.json").write_text(json.dumps({
    "madeBy": by, "prompt": PROMPT, "steps": STEPS, "cfg": CFG, "seed": SEED, "size": SIZE * 8,
    "files": {name: {"kind": kind, "rank": rank, "alpha": alpha, "layers": choose.__name__, "text": with_text, "modules": len(files[name]["modules"])}
              for name, (kind, rank, alpha, choose, _, with_text) in FILES.items()},
    "runs": {run: [{"file": file, "textEncoder": text, "denoiser": unet} for file, text, unet in uses] for run, uses in RUNS.items()},
}, indent=1) + "\n")
safetensors.torch.save_file(results, FIXTURES / "adapter-runs.safetensors", {"madeBy": by})
