"""Runs a full-size SD 2.x or SDXL of diffusers and transformers. Writes tests/fixtures/sd2-full.safetensors or sdxl-full.

The checkpoint is that of tests/heavy/families-parity.ts; usage: families_full.py sd2|sdxl CHECKPOINT
"""
import pathlib
import sys

import diffusers
import numpy as np
import safetensors
import safetensors.torch
import torch
import transformers
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from diffusers.models.attention_processor import Attention, AttnProcessor
from seeded_weights import integers

family, path = sys.argv[1:]
OUT = pathlib.Path(__file__).parent.parent / "fixtures" / f"{family}-full.safetensors"
stored = safetensors.safe_open(path, "pt")
results, entropies = {}, []
torch.set_grad_enabled(False)


def below(place, prefix=""):
    return {prefix + key[len(place) :]: stored.get_tensor(key).float() for key in stored.keys() if key.startswith(place)}


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


def as_transformers(state):
    """OpenCLIP's weights under the names of transformers."""
    renamed = {}
    for key, tensor in state.items():
        for old, new in (("transformer.resblocks.", "encoder.layers."), ("ln_final", "final_layer_norm"), ("ln_", "layer_norm"),
                         ("attn.out_proj", "self_attn.out_proj"), ("c_fc", "fc1"), ("c_proj", "fc2"), ("token_embedding.weight", "embeddings.token_embedding.weight"),
                         ("positional_embedding", "embeddings.position_embedding.weight")):  # fmt: skip
            key = key.replace(old, new)
        if key == "text_projection":
            renamed["text_projection.weight"] = tensor.T.contiguous()
        elif "attn.in_proj_" in key:
            block, kind = key.split("attn.in_proj_")
            for name, rows in zip("qkv", tensor.chunk(3)):
                renamed[f"text_model.{block}self_attn.{name}_proj.{kind}"] = rows
        else:
            renamed[f"text_model.{key}"] = tensor
    return renamed


def encoder(state, width, layers, activation, pooled=None):
    config = transformers.CLIPTextConfig(
        vocab_size=49408, hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers, num_attention_heads=width // 64,
        hidden_act=activation, attn_implementation="eager", bos_token_id=49406, eos_token_id=49407, projection_dim=pooled or width,
    )  # fmt: skip
    with torch.device("meta"):
        model = (transformers.CLIPTextModelWithProjection if pooled else transformers.CLIPTextModel)(config).eval()
    if not any(key.startswith("text_model.") for key in model.state_dict()):
        state = {key.removeprefix("text_model."): tensor for key, tensor in state.items()}
    state = {key: tensor for key, tensor in state.items() if pooled or "text_projection" not in key}
    model.load_state_dict(state, strict=False, assign=True)
    for name, buffer in list(model.named_buffers()):
        if buffer.is_meta:
            owner = model.get_submodule(name.rpartition(".")[0])
            setattr(owner, name.rpartition(".")[2], torch.arange(77).reshape(1, 77))
    assert not any(parameter.is_meta for parameter in model.parameters())
    return model


def run_text(model):
    out = model(input_ids=ids, output_hidden_states=True, output_attentions=True)
    for attention in out.attentions:
        entropy = -(attention * attention.clamp_min(1e-30).log()).sum(-1)[..., 1:] / torch.arange(2, 78).float().log()
        entropies.append(entropy.mean().item())
    return out


ids = torch.from_numpy(np.abs(integers("ids", 77)).reshape(1, 77) * 48 % 49406)
ids[0, 40] = 49407
results["text.ids"] = ids.to(torch.int32)
if family == "sd2":
    model = encoder(as_transformers(below("cond_stage_model.model.")), 1024, 24, "gelu")
    hidden = run_text(model).hidden_states[-2]
    results["text.0"] = getattr(model, "text_model", model).final_layer_norm(hidden)[:, ::8]
else:
    model = encoder(below("conditioner.embedders.0.transformer."), 768, 12, "quick_gelu")
    results["text.0"] = run_text(model).hidden_states[-2][:, ::8]
    model = encoder(as_transformers(below("conditioner.embedders.1.model.")), 1280, 32, "gelu", 1280)
    out = run_text(model)
    results["text.1"], results["text.1.pooled"] = out.hidden_states[-2][:, ::8], out.text_embeds
    del out
mean_entropy("text encoders")
del model

config = {
    "sd2": dict(cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20)),
    "sdxl": dict(
        cross_attention_dim=2048, attention_head_dim=(5, 10, 20), block_out_channels=(320, 640, 1280),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), transformer_layers_per_block=(1, 2, 10),
        addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=2816,
    ),
}[family]  # fmt: skip
with torch.device("meta"):
    unet = diffusers.UNet2DConditionModel(sample_size=64, use_linear_projection=True, **config).eval()
place = "model.diffusion_model."
unet.load_state_dict(convert_ldm_unet_checkpoint(below(place, place), dict(unet.config)), strict=True, assign=True)
unet.set_attn_processor(AttnProcessor())
added = None
if family == "sdxl":
    added = {"text_embeds": picture("unet.pooled", 1, 1280), "time_ids": torch.tensor([[832.0, 1216, 16, 24, 1024, 1024]])}
    unet.add_embedding.register_forward_pre_hook(lambda _, inputs: results.update({"unet.vector": inputs[0].clone()}))
x, context = 2 * picture("unet.x", 1, 4, 32, 32), 2 * picture("unet.context", 1, 77, config["cross_attention_dim"])
results["unet.prediction"] = unet(x, torch.tensor([961.7328]), context, added_cond_kwargs=added).sample
mean_entropy("UNet")

by = f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, float32"
safetensors.torch.save_file({key: value.contiguous() for key, value in results.items()}, OUT, {"madeBy": by})
OUT.chmod(0o644)
for key, value in results.items():
    print(key, tuple(value.shape), f"{value.float().std():.4f}")
