"""The starter checkpoint in diffusers and transformers, and a run of k-diffusion's Euler on it, for the scripts that draw with add-ons."""
import pathlib
import sys
import types

import diffusers
import safetensors.torch
import torch
import transformers
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from tiny_models import tokens

# k-diffusion loads programs that judge pictures; they are not needed here.
sys.modules["clip"] = types.ModuleType("clip")
import k_diffusion.sampling  # noqa: E402

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
SHARED = FIXTURES.parent.parent.parent / "shared/data"
STARTER = SHARED / "checkpoint/starter-emoji-128.safetensors"
CHANNELS, CONTEXT, LAYERS = (64, 128, 256), 128, 4

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


alphas = torch.cumprod(1 - torch.linspace(0.00085 ** .5, 0.012 ** .5, 1000, dtype=torch.float64) ** 2, 0)
log_sigmas = (((1 - alphas) / alphas) ** .5).log().float()


def time_of(sigma):
    distances = sigma.log() - log_sigmas
    low = (distances >= 0).nonzero()[-1].clamp(max=998)
    w = (log_sigmas[low] - sigma.log()) / (log_sigmas[low] - log_sigmas[low + 1])
    return ((1 - w) * low + w * (low + 1)).float()


def draw(unet, contexts, steps, cfg, seed, size):
    """Final latent [4, size, size] for the contexts of prompt and negative prompt."""
    times = torch.linspace(999, 0, steps, dtype=torch.float64)
    low = times.floor().long().clamp(max=998)
    sigmas = torch.cat([((1 - (times - low)) * log_sigmas[low] + (times - low) * log_sigmas[low + 1]).exp(), torch.zeros(1)]).float()
    noise = torch.randn(4, size, size, generator=torch.Generator("cpu").manual_seed(seed))[None]

    def denoise(x, sigma, **_):
        scaled = x / (sigma[0] ** 2 + 1) ** .5
        with torch.no_grad():
            both = unet(torch.cat([scaled, scaled]), time_of(sigma[0]).expand(2), torch.cat(contexts)).sample
        return x - sigma[0] * (both[1:] + cfg * (both[:1] - both[1:]))

    # A1111 takes the noise times the first sigma.
    return k_diffusion.sampling.sample_euler(denoise, noise * sigmas[0], sigmas, disable=True)[0].contiguous()
