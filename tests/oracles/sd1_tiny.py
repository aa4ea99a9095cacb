"""Runs a tiny SD 1.x of diffusers and transformers. Writes tests/fixtures/sd1-tiny.{json,safetensors}.

The weights are made from their names (seeded_weights.py), so the fixtures hold only keys, shapes and results.
"""
import json
import pathlib

import diffusers
import numpy as np
import safetensors.torch
import torch
import transformers
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint
from diffusers.models.attention_processor import Attention, AttnProcessor
from seeded_weights import integers, seeded_weight, text_shapes, unet_shapes, vae_shapes

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
TAESD = FIXTURES.parent.parent.parent / "shared/data/taesd/taesd.safetensors"
CHANNELS, ATTENDS, BLOCKS, CONTEXT = (32, 64, 96), (True, True, False), 2, 128
VAE_CHANNELS, VAE_BLOCKS = (32, 32, 64, 64), 1
VOCABULARY, LAYERS = 512, 4
TOKEN_STEP = 8  # of the text encoder's 77 results these are recorded

PLACES = {
    "unet": "model.diffusion_model.",
    "vae": "first_stage_model.",
    "text": "cond_stage_model.transformer.text_model.",
}
SHAPES = {
    "unet": unet_shapes(CHANNELS, ATTENDS, BLOCKS, CONTEXT),
    "vae": vae_shapes(VAE_CHANNELS, VAE_BLOCKS),
    "text": text_shapes(VOCABULARY, CONTEXT, LAYERS),
}
results = {}
entropies = []


def weights(part, prefix=""):
    place = PLACES[part]
    return {prefix + key: torch.from_numpy(seeded_weight(place + key, shape)) for key, shape in SHAPES[part].items()}


def picture(name, *shape):
    """A recorded input: numbers in -1…1 that are made from its name."""
    return torch.from_numpy((integers(name, int(np.prod(shape))) / 1024).astype(np.float32).reshape(shape))


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

# Text encoder.
text = transformers.CLIPTextModel(
    transformers.CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=CONTEXT,
        intermediate_size=4 * CONTEXT,
        num_hidden_layers=LAYERS,
        num_attention_heads=CONTEXT // 64,
        hidden_act="quick_gelu",
        attn_implementation="eager",
        bos_token_id=VOCABULARY - 2,
        eos_token_id=VOCABULARY - 1,
    )
).eval()
prefix = "text_model." if any(key.startswith("text_model.") for key in text.state_dict()) else ""
print(text.load_state_dict(weights("text", prefix), strict=False))
body = text.text_model if prefix else text
ids = torch.from_numpy(np.abs(integers("ids", 2 * 77)).reshape(2, 77) % VOCABULARY)
with torch.no_grad():
    out = text(input_ids=ids, output_hidden_states=True, output_attentions=True)
    for attention in out.attentions:
        rows = torch.arange(2, 78).float()
        note_entropy(attention[..., 1:, :], rows.log())
    for skip in range(1, LAYERS + 1):
        results[f"text.skip{skip}"] = body.final_layer_norm(out.hidden_states[-skip])[:, ::TOKEN_STEP]
results["text.ids"] = ids.to(torch.int32)
mean_entropy("text encoder")

# UNet.
unet = diffusers.UNet2DConditionModel(
    sample_size=16,
    block_out_channels=CHANNELS,
    down_block_types=["CrossAttnDownBlock2D" if yes else "DownBlock2D" for yes in ATTENDS],
    up_block_types=["CrossAttnUpBlock2D" if yes else "UpBlock2D" for yes in reversed(ATTENDS)],
    layers_per_block=BLOCKS,
    cross_attention_dim=CONTEXT,
    attention_head_dim=8,
).eval()
converted = convert_ldm_unet_checkpoint(weights("unet", PLACES["unet"]), dict(unet.config))
print(unet.load_state_dict(converted, strict=True))
unet.set_attn_processor(AttnProcessor())
for i, (height, width) in enumerate(((16, 16), (8, 20))):
    x, context = picture(f"unet.{i}.x", 2, 4, height, width), picture(f"unet.{i}.context", 2, 77, CONTEXT)
    timestep = torch.tensor([961.7328, 13.25] if i == 0 else [500.0, 0.125])
    with torch.no_grad():
        results[f"unet.{i}.prediction"] = unet(2 * x, timestep, 2 * context).sample
    results[f"unet.{i}.timestep"] = timestep
mean_entropy("UNet")

# VAE.
vae = diffusers.AutoencoderKL(
    down_block_types=["DownEncoderBlock2D"] * len(VAE_CHANNELS),
    up_block_types=["UpDecoderBlock2D"] * len(VAE_CHANNELS),
    block_out_channels=VAE_CHANNELS,
    layers_per_block=VAE_BLOCKS,
).eval()
vae_weights = weights("vae", PLACES["vae"])
print(vae.load_state_dict(convert_ldm_vae_checkpoint(vae_weights, dict(vae.config)), strict=True))
vae.set_attn_processor(AttnProcessor())
with torch.no_grad():
    results["vae.image"] = vae.decode(4 * picture("vae.latent", 2, 4, 5, 7)).sample
    moments = vae.encode(picture("vae.picture", 2, 3, 40, 56)).latent_dist
    results["vae.mean"], results["vae.deviation"] = moments.mean, moments.std
mean_entropy("VAE")

# TAESD, the real one.
taesd = diffusers.AutoencoderTiny().eval()
stored = safetensors.torch.load_file(TAESD)
print(taesd.load_state_dict({key: tensor.float() for key, tensor in stored.items()}, strict=True))
with torch.no_grad():
    results["taesd.image"] = taesd.decode(4 * picture("taesd.latent", 1, 4, 5, 7)).sample
    results["taesd.latent"] = taesd.encode(picture("taesd.picture", 1, 3, 40, 56)).latents

by = f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, float32"
keys = {PLACES[part] + key: shape for part, shapes in SHAPES.items() for key, shape in shapes.items()}
(FIXTURES / "sd1-tiny.json").write_text(json.dumps({"madeBy": by, "shapes": keys}) + "\n")
safetensors.torch.save_file(
    {key: tensor.contiguous() for key, tensor in results.items()}, FIXTURES / "sd1-tiny.safetensors", {"madeBy": by}
)
for key, tensor in results.items():
    print(key, tuple(tensor.shape), f"{tensor.float().std():.4f}")
