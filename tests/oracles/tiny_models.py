"""Tiny models of diffusers and transformers whose weights are made from their names (seeded_weights.py)."""
import gzip
import pathlib

import diffusers
import numpy as np
import torch
import transformers
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from diffusers.models.attention_processor import AttnProcessor
from seeded_weights import integers, seeded_weight

VOCABULARY, START, END = 49408, 49406, 49407
SHARED = pathlib.Path(__file__).parent.parent.parent.parent / "shared/data"
UNET = "model.diffusion_model."
CLIP_L, OPEN_CLIP = "cond_stage_model.transformer.text_model.", "cond_stage_model.model."
SDXL_L, SDXL_G = "conditioner.embedders.0.transformer.text_model.", "conditioner.embedders.1.model."


def prefixed(place, shapes):
    return {place + key: shape for key, shape in shapes.items()}


def weights(place, shapes, prefix=""):
    return {prefix + key: torch.from_numpy(seeded_weight(place + key, shape)) for key, shape in shapes.items()}


def made(name, *shape):
    """A recorded input: numbers in -1…1 that are made from its name."""
    return torch.from_numpy((integers(name, int(np.prod(shape))) / 1024).astype(np.float32).reshape(shape))


def clip(width, layers, activation, pooled=None):
    """A text encoder of transformers."""
    config = transformers.CLIPTextConfig(
        vocab_size=VOCABULARY, hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
        num_attention_heads=width // 64, hidden_act=activation, attn_implementation="eager", bos_token_id=START, eos_token_id=END,
        projection_dim=pooled or width,
    )  # fmt: skip
    return (transformers.CLIPTextModelWithProjection if pooled else transformers.CLIPTextModel)(config).eval()


def load(model, state):
    keys = model.state_dict().keys()
    if not any(key.startswith("text_model.") for key in keys):
        state = {key.removeprefix("text_model."): tensor for key, tensor in state.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and all("position_ids" in key for key in missing), (missing, unexpected)
    return model


def clip_l(place, shapes, width, layers):
    return load(clip(width, layers, "quick_gelu"), weights(place, shapes, "text_model."))


def open_clip(place, shapes, width, layers, pooled=None):
    """OpenCLIP's weights in the encoder of transformers."""
    state = {}
    for key, tensor in weights(place, shapes).items():
        for old, new in (("transformer.resblocks.", "encoder.layers."), ("ln_final", "final_layer_norm"), ("ln_", "layer_norm"),
                         ("attn.out_proj", "self_attn.out_proj"), ("c_fc", "fc1"), ("c_proj", "fc2"), ("token_embedding.weight", "embeddings.token_embedding.weight"),
                         ("positional_embedding", "embeddings.position_embedding.weight")):  # fmt: skip
            key = key.replace(old, new)
        if key == "text_projection":
            state["text_projection.weight"] = tensor.T.contiguous()
        elif "attn.in_proj_" in key:
            block, kind = key.split("attn.in_proj_")
            for name, rows in zip("qkv", tensor.chunk(3)):
                state[f"text_model.{block}self_attn.{name}_proj.{kind}"] = rows
        else:
            state[f"text_model.{key}"] = tensor
    return load(clip(width, layers, "gelu", pooled), state)


def unet_of(shapes, channels, depths, blocks, context, inputs=4, **more):
    down = ["CrossAttnDownBlock2D" if depth else "DownBlock2D" for depth in depths]
    up = ["CrossAttnUpBlock2D" if depth else "UpBlock2D" for depth in reversed(depths)]
    unet = diffusers.UNet2DConditionModel(
        sample_size=16, in_channels=inputs, block_out_channels=channels, down_block_types=down, up_block_types=up, layers_per_block=blocks,
        cross_attention_dim=context, **more,
    ).eval()  # fmt: skip
    unet.load_state_dict(convert_ldm_unet_checkpoint(weights(UNET, shapes, UNET), dict(unet.config)), strict=True)
    unet.set_attn_processor(AttnProcessor())
    return unet


def final_norm(model, hidden):
    return getattr(model, "text_model", model).final_layer_norm(hidden)


def tokens(text, pad=END):
    # From the published merges: bytes, then bytes that end a word, then the merges.
    with gzip.open(SHARED / "tokenizers/bpe_simple_vocab_16e6.txt.gz") as file:
        merges = file.read().decode().split("\n")[1:49152 - 256 - 2 + 1]
    units = list(range(ord("!"), ord("~") + 1)) + list(range(ord("¡"), ord("¬") + 1)) + list(range(ord("®"), ord("ÿ") + 1))
    rest = [n for n in range(256) if n not in units]
    letters = [chr(n) for n in units] + [chr(256 + i) for i in range(len(rest))]
    vocabulary = letters + [letter + "</w>" for letter in letters] + ["".join(merge.split()) for merge in merges] + ["<s>", "</s>"]
    ids = [vocabulary.index(word + "</w>") for word in text.split()]
    return torch.tensor([[START] + ids + [END] + [pad] * (75 - len(ids))])


# A1111's noise levels: float64, then rounded to float32.
ALPHAS = np.cumprod(1 - np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2).astype(np.float32)
SIGMAS = np.sqrt((1 - ALPHAS) / ALPHAS)


def time_of(sigma):
    return float(np.interp(np.log(sigma), np.log(SIGMAS), np.arange(1000)))


def uniform(steps):
    times = np.linspace(999, 0, steps)
    return [*np.exp(np.interp(times, np.arange(1000), np.log(SIGMAS))), 0.0]


def denoised(unet, x, sigma, context, added=None, behind=None, v=False):
    seen = x / (sigma**2 + 1) ** 0.5
    seen = seen if behind is None else torch.cat([seen, behind], 1)
    out = unet(seen, torch.tensor([time_of(sigma)]), context, added_cond_kwargs=added).sample
    return x / (sigma**2 + 1) - sigma / (sigma**2 + 1) ** 0.5 * out if v else x - sigma * out


def guided(scale, unet, x, sigma, cond, uncond, **more):
    """`cond` and `uncond` are a context and what is added to it."""
    c, u = (denoised(unet, x, sigma, *text, **more) for text in (cond, uncond))
    return u + scale * (c - u)


def euler(x, sigmas, denoise):
    for sigma, after in zip(sigmas, sigmas[1:]):
        d = denoise(x, sigma)
        x = x + (x - d) / sigma * (after - sigma)
    return x
