"""Draws with a LoRA on tiny models of SD 2.x and SDXL, in diffusers and transformers. Writes tests/fixtures/adapter-families.{json,safetensors}.

The models are those of families_tiny.py. Every linear layer and convolution that kohya's LoRA reaches is changed under kohya's name for it: the
path of the module in diffusers or transformers, and for SDXL's UNet, as its scripts have it, in the original.
"""
import json
import math
import pathlib
import re

import diffusers
import safetensors.torch
import torch
import transformers
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from tiny_models import OPEN_CLIP, SDXL_G, SDXL_L, SIGMAS, UNET, clip_l, euler, final_norm, guided, made, open_clip, tokens, uniform, unet_of

torch.set_grad_enabled(False)
FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
STORED = json.loads((FIXTURES / "families-tiny.json").read_text())["shapes"]
PROMPT, NEGATIVE, SIZE, STEPS, SCALE, SEED, RANK = "a red apple on a wooden table", "blurry photo", 64, 6, 5.0, 42, 2
START = torch.randn(1, 4, SIZE // 8, SIZE // 8, generator=torch.Generator().manual_seed(SEED)) * SIGMAS[999]
TRANSFORMER = r"attentions\.\d+\.(proj_in$|proj_out$|transformer_blocks\..*(to_[qkv]|to_out\.0|ff\.net\.0\.proj|ff\.net\.2)$)"
TEXT = r"(q|k|v|out)_proj$|fc[12]$"
files, results = {}, {}


def below(name, place):
    return {key.removeprefix(place): shape for key, shape in STORED[name].items() if key.startswith(place)}


def put(file, model, pattern, name_of):
    """W + up · down under the names that kohya's scripts have."""
    for path, module in model.named_modules():
        if not re.search(pattern, path):
            continue
        name, (out, within, *kernel) = name_of(path), module.weight.shape
        up, down = made(f"{file} {name}.lora_up.weight", out, RANK), made(f"{file} {name}.lora_down.weight", RANK, within * math.prod(kernel))
        module.weight.data += 2**-8 * (up @ down).reshape(module.weight.shape)
        files.setdefault(file, {})[name] = [out, within, *kernel]


def underscored(start):
    return lambda path: start + path.replace(".", "_")


def text_name(start):
    return lambda path: f"{start}text_model_" + path.removeprefix("text_model.").replace(".", "_")


def originals(shapes, config):
    """Diffusers' names of a UNet's layers by the original ones: what its converter makes of numbered tensors."""
    keys = list(shapes)
    marked = convert_ldm_unet_checkpoint({UNET + key: torch.tensor(i) for i, key in enumerate(keys)}, dict(config))
    return {name.removesuffix(".weight"): keys[int(number)].removesuffix(".weight") for name, number in marked.items()}


def run(unet, cond, uncond):
    return euler(START, uniform(STEPS), lambda x, sigma: guided(SCALE, unet, x, sigma, cond, uncond))


def record(name, draw):
    results[name] = draw().contiguous()
    print(name, f"{results[name].std():.4f}", len(files.get(name, [])))


def sd2(file):
    text = open_clip(OPEN_CLIP, below("sd2", OPEN_CLIP), 128, 3)
    unet = unet_of(below("sd2", UNET), (64, 128), (1, 0), 1, 128, attention_head_dim=(1, 2), use_linear_projection=True)
    if file:
        put(file, text, TEXT, text_name("lora_te_"))
        put(file, unet, TRANSFORMER, underscored("lora_unet_"))
    both = [(final_norm(text, text(input_ids=tokens(words, 0), output_hidden_states=True).hidden_states[-2]), None) for words in (PROMPT, NEGATIVE)]
    return run(unet, *both)


def sdxl(file):
    shapes = below("sdxl", UNET)
    l = clip_l(SDXL_L, below("sdxl", SDXL_L), 128, 4)
    g = open_clip(SDXL_G, below("sdxl", SDXL_G), 192, 3, 96)
    unet = unet_of(
        shapes, (32, 64, 128), (0, 1, 2), 1, 320, attention_head_dim=(1, 1, 2), use_linear_projection=True, transformer_layers_per_block=(1, 1, 2),
        addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=96 + 6 * 256,
    )  # fmt: skip
    if file:
        own = originals(shapes, unet.config)
        put(file, l, TEXT, text_name("lora_te1_"))
        put(file, g, TEXT, text_name("lora_te2_"))
        put(file, unet, TRANSFORMER, lambda path: "lora_unet_" + own[path].replace(".", "_"))
    both = []
    for words in (PROMPT, NEGATIVE):
        first = l(input_ids=tokens(words), output_hidden_states=True).hidden_states[-2]
        second = g(input_ids=tokens(words, 0), output_hidden_states=True)
        ids = torch.tensor([[float(SIZE), SIZE, 0, 0, SIZE, SIZE]])
        both.append((torch.cat([first, second.hidden_states[-2]], -1), {"text_embeds": second.text_embeds, "time_ids": ids}))
    return run(unet, *both)


for family, draw in (("sd2", sd2), ("sdxl", sdxl)):
    record(f"{family} without", lambda: draw(None))
    record(family, lambda: draw(family))

by = f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, float32"
(FIXTURES / "adapter-families.json").write_text(json.dumps({
    "madeBy": by, "prompt": PROMPT, "negative": NEGATIVE, "steps": STEPS, "cfg": SCALE, "seed": SEED, "size": SIZE, "rank": RANK, "modules": files,
}, indent=None) + "\n")  # fmt: skip
safetensors.torch.save_file(results, FIXTURES / "adapter-families.safetensors", {"madeBy": by})
