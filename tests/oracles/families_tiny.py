"""Runs tiny models of every UNet family in diffusers and transformers. Writes tests/fixtures/families-tiny.{json,safetensors}.

The weights are made from their names (seeded_weights.py), so the fixtures hold only keys, shapes and results. Whole runs
are Euler's method written out here over diffusers' UNets: A1111's arithmetic, as ../shared/spec/sampling.md has it.

    PYTHONPATH=FOLDER_OF_OPEN_CLIP python tests/oracles/families_tiny.py
"""
import importlib.metadata
import json
import pathlib

import diffusers
import numpy as np
import safetensors.torch
import torch
import transformers
from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint
from diffusers.models.attention_processor import Attention
from open_clip.tokenizer import _tokenizer
from seeded_weights import open_clip_shapes, text_shapes, unet_shapes, vae_shapes
from tiny_models import (
    CLIP_L, END, OPEN_CLIP, SDXL_G, SDXL_L, SIGMAS, START, UNET, VOCABULARY, clip_l, denoised, euler, final_norm, guided, made, open_clip, prefixed,
    uniform, unet_of, weights,
)  # fmt: skip

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
TOKEN_STEP, PIXEL_STEP = 8, 4
VAE = "first_stage_model."
REFINER_G = "conditioner.embedders.0.model."
torch.set_grad_enabled(False)
results, entropies = {}, []


def note_entropy(probabilities, uniform):
    entropy = -(probabilities * probabilities.clamp_min(1e-30).log()).sum(-1)
    entropies.append((entropy / uniform).mean().item())


def mean_entropy(what):
    share = sum(entropies) / len(entropies)
    print(f"{what}: mean entropy of attention {share:.2f} of uniform, {len(entropies)} layers")
    assert share < 0.5
    entropies.clear()


get_attention_scores = Attention.get_attention_scores


def noting_scores(self, query, key, attention_mask=None):
    probabilities = get_attention_scores(self, query, key, attention_mask)
    note_entropy(probabilities, np.log(probabilities.shape[-1]))
    return probabilities


Attention.get_attention_scores = noting_scores


def tokens(text, pad):
    ids = [START, *_tokenizer.encode(text), END]
    return torch.tensor([ids + [pad] * (77 - len(ids))])


def run_text(model, ids):
    out = model(input_ids=ids, output_hidden_states=True, output_attentions=True)
    for attention in out.attentions:
        note_entropy(attention[..., 1:, :], torch.arange(2, 78).float().log())
    return out


VAE_CHANNELS = (32, 32, 64, 64)
VAE_SHAPES = vae_shapes(VAE_CHANNELS, 1)
vae = diffusers.AutoencoderKL(
    down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4, block_out_channels=VAE_CHANNELS, layers_per_block=1
).eval()
vae.load_state_dict(convert_ldm_vae_checkpoint(weights(VAE, VAE_SHAPES), dict(vae.config)), strict=True)

PROMPT, NEGATIVE = "a red apple on a wooden table", "blurry photo"
HEIGHT, WIDTH = 64, 96  # of the whole runs, in pixels: diffusers resizes elsewhere where halving leaves a rest
SCALE, STEPS, SEED = 5.0, 6, 42
START_NOISE = torch.randn(1, 4, HEIGHT // 8, WIDTH // 8, generator=torch.Generator().manual_seed(SEED))
shapes = {"vae": prefixed(VAE, VAE_SHAPES)}


def record_unet(name, unet, context, inputs=4, added=lambda i: None):
    for i, (height, width) in enumerate(((8, 8), (4, 12))):
        timestep = torch.tensor([961.7328, 13.25] if i == 0 else [500.0, 0.125])
        x, text = 2 * made(f"{name}.{i}.x", 2, inputs, height, width), 2 * made(f"{name}.{i}.context", 2, 77, context)
        results[f"{name}.{i}.prediction"] = unet(x, timestep, text, added_cond_kwargs=added(i)).sample
        results[f"{name}.{i}.timestep"] = timestep
    mean_entropy(f"{name} UNet")


# SD 2.x: OpenCLIP-H, transformers entered by linear layers, heads 64 wide.
context, layers = 128, 3
shape = {"unet": unet_shapes((64, 128), (1, 0), 1, context, linear=True), "text": open_clip_shapes(VOCABULARY, context, layers)}
text = open_clip(OPEN_CLIP, shape["text"], context, layers)
unet = unet_of(shape["unet"], (64, 128), (1, 0), 1, context, attention_head_dim=(1, 2), use_linear_projection=True)
both = [final_norm(text, run_text(text, tokens(prompt, 0)).hidden_states[-2]) for prompt in (PROMPT, NEGATIVE)]
mean_entropy("SD 2.x text encoder")
results["sd2.text"] = torch.cat(both)[:, ::TOKEN_STEP]
record_unet("sd2", unet, context)
cond, uncond = ((encoded, None) for encoded in both)
for kind in ("eps", "v"):
    run = lambda x, sigma: guided(SCALE, unet, x, sigma, cond, uncond, v=kind == "v")
    results[f"sd2.run.{kind}"] = euler(START_NOISE * SIGMAS[999], uniform(STEPS), run)
probe = torch.full((1, 4, 8, 8), 0.5)
mean = (unet(probe, torch.tensor([999.0]), torch.full((1, 2, context), 0.5)).sample - probe).mean()
results["sd2.probe"] = mean.reshape(1)
print("SD 2.x on constant input:", mean.item())
shapes["sd2"] = prefixed(UNET, shape["unet"]) | prefixed(OPEN_CLIP, shape["text"])
entropies.clear()

# SDXL: two text encoders, a vector of pooled text and sizes, transformers of several blocks.
WIDTH_L, WIDTH_G, LAYERS_L, LAYERS_G, POOLED = 128, 192, 4, 3, 96
context = WIDTH_L + WIDTH_G
channels, depths = (32, 64, 128), (0, 1, 2)
shape = {
    "unet": unet_shapes(channels, depths, 1, context, middle=2, linear=True, vector=POOLED + 6 * 256),
    "l": text_shapes(VOCABULARY, WIDTH_L, LAYERS_L),
    "g": open_clip_shapes(VOCABULARY, WIDTH_G, LAYERS_G, POOLED),
}
encoder_l = clip_l(SDXL_L, shape["l"], WIDTH_L, LAYERS_L)
encoder_g = open_clip(SDXL_G, shape["g"], WIDTH_G, LAYERS_G, POOLED)
unet = unet_of(
    shape["unet"], channels, depths, 1, context, attention_head_dim=(1, 1, 2), use_linear_projection=True, transformer_layers_per_block=(1, 1, 2),
    addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=POOLED + 6 * 256,
)  # fmt: skip


def sdxl_text(prompt, skip=2):
    l = run_text(encoder_l, tokens(prompt, END)).hidden_states[-skip]
    g = run_text(encoder_g, tokens(prompt, 0))
    return torch.cat([l, g.hidden_states[-2]], -1), g.text_embeds


encoded = [sdxl_text(prompt) for prompt in (PROMPT, NEGATIVE)]
mean_entropy("SDXL text encoders")
results["sdxl.text"] = torch.cat([hidden for hidden, _ in encoded])[:, ::TOKEN_STEP]
results["sdxl.pooled"] = torch.cat([pooled for _, pooled in encoded])
results["sdxl.text.skip3"] = sdxl_text(PROMPT, 3)[0][:, ::TOKEN_STEP]
CROP = (16.0, 24.0)  # top, left
ids = torch.tensor([[HEIGHT, WIDTH, *CROP, HEIGHT, WIDTH]])
record_unet(
    "sdxl", unet, context,
    added=lambda i: {"text_embeds": made(f"sdxl.{i}.pooled", 2, POOLED), "time_ids": torch.cat([ids, 2 * ids + 1])},
)  # fmt: skip
base = unet
cond, uncond = ((hidden, {"text_embeds": pooled, "time_ids": ids}) for hidden, pooled in encoded)
nothing = (torch.zeros_like(cond[0]), {"text_embeds": torch.zeros(1, POOLED), "time_ids": ids})
start = START_NOISE * SIGMAS[999]
run = lambda negative: lambda x, sigma: guided(SCALE, base, x, sigma, cond, negative)
results["sdxl.run"] = euler(start, uniform(STEPS), run(uncond))
results["sdxl.run.empty"] = euler(start, uniform(STEPS), run(nothing))
results["sdxl.image"] = vae.decode(results["sdxl.run"] / 0.13025).sample[..., ::PIXEL_STEP, ::PIXEL_STEP]
shapes["sdxl"] = prefixed(UNET, shape["unet"]) | prefixed(SDXL_L, shape["l"]) | prefixed(SDXL_G, shape["g"])
entropies.clear()

# The refiner: the second text encoder alone, a score of beauty in the place of the wanted size; it takes over a run.
context = WIDTH_G
shape = {
    "unet": unet_shapes((32, 64, 64), (0, 1, 0), 1, context, linear=True, vector=POOLED + 5 * 256),
    "g": open_clip_shapes(VOCABULARY, WIDTH_G, LAYERS_G, POOLED),
}
encoder = open_clip(REFINER_G, shape["g"], WIDTH_G, LAYERS_G, POOLED)
refiner = unet_of(
    shape["unet"], (32, 64, 64), (0, 1, 0), 1, context, attention_head_dim=(1, 1, 1), use_linear_projection=True,
    addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=POOLED + 5 * 256,
)  # fmt: skip


def refiner_text(prompt, score):
    out = run_text(encoder, tokens(prompt, 0))
    return out.hidden_states[-2], {"text_embeds": out.text_embeds, "time_ids": torch.tensor([[HEIGHT, WIDTH, *CROP, score]])}


cond_r, uncond_r = refiner_text(PROMPT, 6.0), refiner_text(NEGATIVE, 2.5)
entropies.clear()
results["refiner.text"] = torch.cat([cond_r[0], uncond_r[0]])[:, ::TOKEN_STEP]
SWITCH_AT, switched = 0.6, []


def switching(x, sigma):
    progress = (999 - np.abs(SIGMAS - np.float32(sigma)).argmin()) / 1000
    if progress >= SWITCH_AT:
        switched.append(progress)
        return guided(SCALE, refiner, x, sigma, cond_r, uncond_r)
    return guided(SCALE, base, x, sigma, cond, uncond)


results["refiner.run"] = euler(start, uniform(STEPS), switching)
print("the refiner took over at", switched)
assert 0 < len(switched) < STEPS
shapes["sdxlRefiner"] = prefixed(UNET, shape["unet"]) | prefixed(REFINER_G, shape["g"])
entropies.clear()

# SD 1.x that takes in more: mask and masked picture (inpainting), or a picture to edit (InstructPix2Pix).
context, layers = 128, 3
text_shape = text_shapes(VOCABULARY, context, layers)
text = clip_l(CLIP_L, text_shape, context, layers)
cond, uncond = ((final_norm(text, run_text(text, tokens(prompt, END)).hidden_states[-1]), None) for prompt in (PROMPT, NEGATIVE))
picture = made("picture", 1, 3, HEIGHT, WIDTH)
mask = (made("mask", 1, 1, HEIGHT, WIDTH) > 0).float()
for name, inputs in (("inpainting", 9), ("pix2pix", 8)):
    shape = unet_shapes((32, 64), (1, 1), 1, context, inputs)
    unet = unet_of(shape, (32, 64), (1, 1), 1, context, inputs, attention_head_dim=8)
    shapes[name] = prefixed(UNET, shape) | prefixed(CLIP_L, text_shape)
    if name == "inpainting":
        for case, masked, cells in (
            ("blank", torch.zeros_like(picture), torch.ones(1, 1, HEIGHT // 8, WIDTH // 8)),
            ("masked", picture * (1 - mask), torch.nn.functional.interpolate(mask, scale_factor=1 / 8)),
        ):
            behind = torch.cat([cells, vae.encode(masked).latent_dist.mean * 0.18215], 1)
            run = lambda x, sigma: guided(SCALE, unet, x, sigma, cond, uncond, behind=behind)
            results[f"inpainting.run.{case}"] = euler(start, uniform(STEPS), run)
    else:
        behind = vae.encode(picture).latent_dist.mean

        def editing(x, sigma, image_scale=1.5):
            c, i, u = (
                denoised(unet, x, sigma, *words, behind=seen)
                for words, seen in ((cond, behind), (uncond, behind), (uncond, 0 * behind))
            )
            return u + SCALE * (c - i) + image_scale * (i - u)

        results["pix2pix.run.edit"] = euler(start, uniform(STEPS), editing)
        for case, seen in (("plain", behind), ("blank", 0 * behind)):
            run = lambda x, sigma: guided(SCALE, unet, x, sigma, cond, uncond, behind=seen)
            results[f"pix2pix.run.{case}"] = euler(start, uniform(STEPS), run)

by = (
    f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, "
    f"open_clip_torch {importlib.metadata.version('open_clip_torch')} (tokens), float32"
)
(FIXTURES / "families-tiny.json").write_text(json.dumps({"madeBy": by, "prompt": PROMPT, "negative": NEGATIVE, "shapes": shapes}) + "\n")
safetensors.torch.save_file(
    {key: tensor.float().contiguous() for key, tensor in results.items()}, FIXTURES / "families-tiny.safetensors", {"madeBy": by}
)
for key, tensor in results.items():
    print(key, tuple(tensor.shape), f"{tensor.float().std():.4f}")
