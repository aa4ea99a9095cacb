"""Draws on the starter checkpoint with add-ons, in diffusers and transformers. Writes tests/fixtures/adapter-runs.{json,safetensors}.

Add-ons of several kinds are made from the names of their tensors (seeded_weights.py); diffusers gets the sums W + Σ m·ΔW, which
lycoris-lora works out from the same files through its own functions. Sampled by k-diffusion's Euler.
"""
import gzip
import html
import json
import math
import pathlib
import struct

import sys
import types

import diffusers
import numpy as np
import safetensors.torch
import torch
import transformers
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from importlib.metadata import version
from lycoris.functional import locon, loha, lokr
from seeded_weights import integers

# k-diffusion loads programs that judge pictures; they are not needed here.
sys.modules["clip"] = types.ModuleType("clip")
import k_diffusion.sampling  # noqa: E402

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
SHARED = FIXTURES.parent.parent.parent / "shared/data"
STARTER = SHARED / "checkpoint/starter-emoji-128.safetensors"
CHANNELS, CONTEXT, LAYERS = (64, 128, 256), 128, 4
STEPS, CFG, SEED, SIZE = 8, 5.0, 77, 16
PROMPT = "red apple"

stored = {key: tensor.float() for key, tensor in safetensors.torch.load_file(STARTER).items()}


def text_encoder():
    model = transformers.CLIPTextModel(transformers.CLIPTextConfig(
        hidden_size=CONTEXT, intermediate_size=4 * CONTEXT, num_hidden_layers=LAYERS, num_attention_heads=2, hidden_act="quick_gelu",
        attn_implementation="eager")).eval()
    own = {key.removeprefix("cond_stage_model.transformer.text_model."): value for key, value in stored.items() if "text_model" in key}
    prefix = "text_model." if any(key.startswith("text_model.") for key in model.state_dict()) else ""
    print(model.load_state_dict({prefix + key: value for key, value in own.items()}, strict=False))
    return model.text_model if prefix else model


def unet_model():
    model = diffusers.UNet2DConditionModel(
        sample_size=16, block_out_channels=CHANNELS, down_block_types=["CrossAttnDownBlock2D"] * 3, up_block_types=["CrossAttnUpBlock2D"] * 3,
        layers_per_block=2, cross_attention_dim=CONTEXT, attention_head_dim=8).eval()
    own = {key: value for key, value in stored.items() if key.startswith("model.diffusion_model.")}
    print(model.load_state_dict(convert_ldm_unet_checkpoint(own, dict(model.config)), strict=True))
    return model


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


def tokens(text):
    # From the published merges: bytes, then bytes that end a word, then the merges.
    with gzip.open(SHARED / "tokenizers/bpe_simple_vocab_16e6.txt.gz") as file:
        merges = file.read().decode().split("\n")[1:49152 - 256 - 2 + 1]
    units = list(range(ord("!"), ord("~") + 1)) + list(range(ord("¡"), ord("¬") + 1)) + list(range(ord("®"), ord("ÿ") + 1))
    rest = [n for n in range(256) if n not in units]
    letters = [chr(n) for n in units] + [chr(256 + i) for i in range(len(rest))]
    vocabulary = letters + [letter + "</w>" for letter in letters] + ["".join(merge.split()) for merge in merges] + ["<s>", "</s>"]
    ids = [vocabulary.index(word + "</w>") for word in text.split()]
    return torch.tensor([[49406] + ids + [49407] * (76 - len(ids))])


def encode(text):
    with torch.no_grad():
        return TEXT(input_ids=tokens(text)).last_hidden_state


alphas = torch.cumprod(1 - torch.linspace(0.00085 ** .5, 0.012 ** .5, 1000, dtype=torch.float64) ** 2, 0)
log_sigmas = (((1 - alphas) / alphas) ** .5).log().float()


def time_of(sigma):
    distances = sigma.log() - log_sigmas
    low = (distances >= 0).nonzero()[-1].clamp(max=998)
    w = (log_sigmas[low] - sigma.log()) / (log_sigmas[low] - log_sigmas[low + 1])
    return ((1 - w) * low + w * (low + 1)).float()


def denoise(x, sigma, contexts):
    scaled = x / (sigma ** 2 + 1) ** .5
    with torch.no_grad():
        both = UNET(torch.cat([scaled, scaled]), time_of(sigma).expand(2), torch.cat(contexts)).sample
    eps = both[1:] + CFG * (both[:1] - both[1:])
    return x - sigma * eps


results = {}
for run, uses in RUNS.items():
    with Adapted(uses):
        contexts = [encode(PROMPT), encode("")]
        times = torch.linspace(999, 0, STEPS, dtype=torch.float64)
        low = times.floor().long().clamp(max=998)
        sigmas = torch.cat([((1 - (times - low)) * log_sigmas[low] + (times - low) * log_sigmas[low + 1]).exp(), torch.zeros(1)]).float()
        noise = torch.randn(4, SIZE, SIZE, generator=torch.Generator("cpu").manual_seed(SEED))[None]
        # A1111 takes the noise times the first sigma.
        latent = k_diffusion.sampling.sample_euler(
            lambda x, sigma, **_: denoise(x, sigma[0], contexts), noise * sigmas[0], sigmas, disable=True)
    results[run] = latent[0].contiguous()
    print(run, f"{(results[run] - results['without']).norm() / results['without'].norm():.3f}", sigmas[:2])

by = (f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, lycoris-lora {version('lycoris-lora')}, "
      f"k-diffusion {version('k-diffusion')}, torch {torch.__version__}, float32")

(FIXTURES / "adapter-runs.json").write_text(json.dumps({
    "madeBy": by, "prompt": PROMPT, "steps": STEPS, "cfg": CFG, "seed": SEED, "size": SIZE * 8,
    "files": {name: {"kind": kind, "rank": rank, "alpha": alpha, "layers": choose.__name__, "text": with_text, "modules": len(files[name]["modules"])}
              for name, (kind, rank, alpha, choose, _, with_text) in FILES.items()},
    "runs": {run: [{"file": file, "textEncoder": text, "denoiser": unet} for file, text, unet in uses] for run, uses in RUNS.items()},
}, indent=1) + "\n")
safetensors.torch.save_file(results, FIXTURES / "adapter-runs.safetensors", {"madeBy": by})
