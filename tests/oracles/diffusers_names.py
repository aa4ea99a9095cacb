"""Asks diffusers how it names the tensors of checkpoints. Writes tests/fixtures/diffusers-names.json: pairs [diffusers, original] of layers.

Its own converters move tensors that hold nothing but their number. Run after families_tiny.py, whose shapes these are.
"""
import json
import pathlib

import diffusers
import torch
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
UNET, VAE = "model.diffusion_model.", "first_stage_model."
shapes = json.loads((FIXTURES / "families-tiny.json").read_text())["shapes"]
shapes["sd1"] = json.loads((FIXTURES / "sd1-tiny.json").read_text())["shapes"]
LEVELS = {"sd1": 3, "sdxl": 3}
BLOCKS = {"sd1": 2, "sdxl": 1}


def numbered(names, start, prefix):
    keys = [key for key in names if key.startswith(start)]
    tensors = {prefix + key[len(start) :]: torch.full((1, 1, 1, 1), float(i)) for i, key in enumerate(keys)}
    return keys, tensors


def pairs(converted, keys, start):
    return sorted([name, keys[int(tensor.flatten()[0])][len(start) :]] for name, tensor in converted.items())


names = {}
for family, levels in LEVELS.items():
    keys, tensors = numbered(shapes[family], UNET, UNET)
    vector = family == "sdxl"
    config = {
        "layers_per_block": BLOCKS[family], "down_block_types": [""] * levels, "up_block_types": [""] * levels, "class_embed_type": None,
        "addition_embed_type": "text_time" if vector else None, "num_class_embeds": None,
    }  # fmt: skip
    names[family] = pairs(convert_ldm_unet_checkpoint(tensors, config), keys, UNET)
keys, tensors = numbered(shapes["vae"], VAE, "")
names["vae"] = pairs(convert_ldm_vae_checkpoint(tensors, {"down_block_types": [""] * 4, "up_block_types": [""] * 4}), keys, VAE)
for family, found in names.items():
    start = VAE if family == "vae" else UNET
    assert len(found) == sum(key.startswith(start) for key in shapes[family]), family
# A layer's bias is named like its weight.
names = {part: [[a[:-7], b[:-7]] for a, b in found if a.endswith(".weight")] for part, found in names.items()}
(FIXTURES / "diffusers-names.json").write_text(json.dumps({"madeBy": f"diffusers {diffusers.__version__}", "names": names}) + "\n")
