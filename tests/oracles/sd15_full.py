"""Runs a full-size SD 1.5 of diffusers and transformers. Writes tests/fixtures/sd15-full.safetensors.

The checkpoint is that of tests/heavy/sd15-parity.ts; usage: sd15_full.py CHECKPOINT
"""
import pathlib
import sys

import diffusers
import numpy as np
import safetensors.torch
import torch
import transformers
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint
from diffusers.models.attention_processor import Attention, AttnProcessor
from seeded_weights import integers

OUT = pathlib.Path(__file__).parent.parent / "fixtures" / "sd15-full.safetensors"
stored = safetensors.torch.load_file(sys.argv[1])
results = {}
entropies = []


def below(place):
    return {key: tensor.float() for key, tensor in stored.items() if key.startswith(place)}


def picture(name, *shape):
    return torch.from_numpy((integers(name, int(np.prod(shape))) / 1024).astype(np.float32).reshape(shape))


get_attention_scores = Attention.get_attention_scores


def noting_scores(self, query, key, attention_mask=None):
    probabilities = get_attention_scores(self, query, key, attention_mask)
    head = probabilities[0]
    entropy = -(head * head.clamp_min(1e-30).log()).sum(-1).mean().item()
    entropies.append(entropy / np.log(head.shape[-1]))
    return probabilities


def mean_entropy(what):
    share = sum(entropies) / len(entropies)
    print(f"{what}: mean entropy of attention {share:.2f} of uniform, {len(entropies)} layers")
    assert share < 0.5
    entropies.clear()


Attention.get_attention_scores = noting_scores

PLACE = "cond_stage_model.transformer."
text = transformers.CLIPTextModel(transformers.CLIPTextConfig(
    hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, hidden_act="quick_gelu",
    attn_implementation="eager",
)).eval()
has_prefix = any(key.startswith("text_model.") for key in text.state_dict())
cut = len(PLACE) if has_prefix else len(PLACE + "text_model.")
print(text.load_state_dict({key[cut:]: tensor for key, tensor in below(PLACE).items()}, strict=False))
body = text.text_model if has_prefix else text
ids = torch.from_numpy(np.abs(integers("ids", 77)).reshape(1, 77) * 48 % 49408)
with torch.no_grad():
    out = text(input_ids=ids, output_hidden_states=True, output_attentions=True)
    for attention in out.attentions:
        entropy = -(attention * attention.clamp_min(1e-30).log()).sum(-1)[..., 1:] / torch.arange(2, 78).float().log()
        entropies.append(entropy.mean().item())
    for skip in (1, 2):
        results[f"text.skip{skip}"] = body.final_layer_norm(out.hidden_states[-skip])[:, ::8]
results["text.ids"] = ids.to(torch.int32)
mean_entropy("text encoder")
del text, body, out

place = "model.diffusion_model."
unet = diffusers.UNet2DConditionModel(sample_size=64, cross_attention_dim=768, attention_head_dim=8).eval()
print(unet.load_state_dict(convert_ldm_unet_checkpoint(below(place), dict(unet.config)), strict=True))
unet.set_attn_processor(AttnProcessor())
with torch.no_grad():
    x, context = 2 * picture("unet.x", 1, 4, 64, 64), 2 * picture("unet.context", 1, 77, 768)
    results["unet.prediction"] = unet(x, torch.tensor([961.7328]), context).sample[..., ::8, ::8]
mean_entropy("UNet")
del unet

place = "first_stage_model."
vae = diffusers.AutoencoderKL(
    down_block_types=["DownEncoderBlock2D"] * 4,
    up_block_types=["UpDecoderBlock2D"] * 4,
    block_out_channels=(128, 256, 512, 512),
    layers_per_block=2,
).eval()
vae_weights = {key[len(place):]: tensor for key, tensor in below(place).items()}
print(vae.load_state_dict(convert_ldm_vae_checkpoint(vae_weights, dict(vae.config)), strict=True))
vae.set_attn_processor(AttnProcessor())
with torch.no_grad():
    results["vae.image"] = vae.decode(4 * picture("vae.latent", 1, 4, 64, 64)).sample[..., ::8, ::8]
    moments = vae.encode(picture("vae.picture", 1, 3, 512, 512)).latent_dist
    results["vae.mean"], results["vae.deviation"] = moments.mean[..., ::8, ::8], moments.std[..., ::8, ::8]
mean_entropy("VAE")

by = f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, float32"
safetensors.torch.save_file({key: value.contiguous() for key, value in results.items()}, OUT, {"madeBy": by})
OUT.chmod(0o644)
for key, value in results.items():
    print(key, tuple(value.shape), f"{value.float().std():.4f}")
