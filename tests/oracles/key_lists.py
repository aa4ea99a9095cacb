"""Records names and shapes of whole models as diffusers, transformers, peft and lycoris-lora build them.

Writes tests/fixtures/key-lists.json. Of models whose lists can be made by a rule here it has the number of tensors and a
digest: SHA-256 of the sorted lines "name 1x2x3". Of others the list itself, folded: numbers in a name become '#', and a row
[names, shape, numbers] stands for every name with each of the numbers, which are joined by '.', the last one as ranges.
Nothing is downloaded: the sizes are those of the published models (some with fewer layers), the weights exist on torch's meta device only.
"""
import hashlib
import json
import os
import re

import diffusers
import torch
import transformers
from diffusers import models as m
from diffusers.loaders.single_file_utils import (
    convert_flux_transformer_checkpoint_to_diffusers,
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
    convert_sd3_transformer_checkpoint_to_diffusers,
)

from key_lists_fold import fold

def shapes_of(module):
    return {k: list(v.shape) for k, v in module.state_dict().items()}


def on_meta(make):
    with torch.device("meta"):
        return make()


SDXL = dict(
    block_out_channels=(320, 640, 1280),
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    transformer_layers_per_block=(1, 2, 10),
    attention_head_dim=(5, 10, 20),
    addition_embed_type="text_time",
    addition_time_embed_dim=256,
    projection_class_embeddings_input_dim=2816,
    cross_attention_dim=2048,
    use_linear_projection=True,
)
SD1 = dict(cross_attention_dim=768, attention_head_dim=8)
SD2 = dict(cross_attention_dim=1024, attention_head_dim=(5, 10, 20, 20), use_linear_projection=True)
REFINER = dict(
    block_out_channels=(384, 768, 1536, 1536),
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    transformer_layers_per_block=4,
    attention_head_dim=(6, 12, 24, 24),
    addition_embed_type="text_time",
    addition_time_embed_dim=256,
    projection_class_embeddings_input_dim=2560,
    cross_attention_dim=1280,
    use_linear_projection=True,
)
UNETS = {
    "sd1": SD1,
    "sd1 inpainting": dict(SD1, in_channels=9),
    "sd1 instruct-pix2pix": dict(SD1, in_channels=8),
    "sd2": SD2,
    "sd2 inpainting": dict(SD2, in_channels=9),
    "sd2 depth": dict(SD2, in_channels=5),
    "sd2 unclip": dict(SD2, class_embed_type="projection", projection_class_embeddings_input_dim=2048),
    "sdxl": SDXL,
    "sdxl inpainting": dict(SDXL, in_channels=9),
    "sdxl-refiner": REFINER,
}


def ldm_name(name, blocks):
    """The name that CompVis' UNet has for a tensor of diffusers'; `blocks` is the number of residual blocks per level."""
    simple = {
        "time_embedding.linear_1": "time_embed.0",
        "time_embedding.linear_2": "time_embed.2",
        "conv_in": "input_blocks.0.0",
        "conv_norm_out": "out.0",
        "conv_out": "out.2",
        "add_embedding.linear_1": "label_emb.0.0",
        "add_embedding.linear_2": "label_emb.0.2",
        "class_embedding.linear_1": "label_emb.0.0",
        "class_embedding.linear_2": "label_emb.0.2",
    }
    for a, b in simple.items():
        if name.startswith(a + "."):
            return b + name[len(a):]
    resnet = {
        "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
        "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
    }

    def inner(rest):
        for a, b in resnet.items():
            if rest.startswith(a + "."):
                return b + rest[len(a):]
        raise ValueError(rest)

    a = re.match(r"(down|up)_blocks\.(\d+)\.(resnets|attentions)\.(\d+)\.(.*)", name)
    if a:
        side, i, what, j, rest = a[1], int(a[2]), a[3], int(a[4]), a[5]
        n = 1 + i * (blocks + 1) + j if side == "down" else i * (blocks + 1) + j
        at = f"{'input' if side == 'down' else 'output'}_blocks.{n}"
        return f"{at}.0.{inner(rest)}" if what == "resnets" else f"{at}.1.{rest}"
    a = re.match(r"down_blocks\.(\d+)\.downsamplers\.0\.conv\.(.*)", name)
    if a:
        return f"input_blocks.{(int(a[1]) + 1) * (blocks + 1)}.0.op.{a[2]}"
    a = re.match(r"up_blocks\.(\d+)\.upsamplers\.0\.conv\.(.*)", name)
    if a:
        return f"output_blocks.{int(a[1]) * (blocks + 1) + blocks}.UP.conv.{a[2]}"
    a = re.match(r"mid_block\.(resnets|attentions)\.(\d+)\.(.*)", name)
    if a:
        return f"middle_block.{2 * int(a[2])}.{inner(a[3])}" if a[1] == "resnets" else f"middle_block.1.{a[3]}"
    raise ValueError(name)


def ldm_unet(model):
    names = {name: ldm_name(name, model.config.layers_per_block) for name in model.state_dict()}
    with_attention = {n.split(".UP.")[0] for n in names.values() if ".UP." in n}
    has = {at: any(n.startswith(at + ".1.") and ".UP." not in n for n in names.values()) for at in with_attention}
    result = {}
    for name, tensor in model.state_dict().items():
        new = names[name]
        if ".UP." in new:
            new = new.replace(".UP.", ".2." if has[new.split(".UP.")[0]] else ".1.")
        result[new] = tensor
    # Diffusers' own reader must make the same model of it.
    back = convert_ldm_unet_checkpoint({f"model.diffusion_model.{k}": v for k, v in result.items()}, model.config)
    wanted = model.state_dict()
    assert {k: tuple(v.shape) for k, v in back.items()} == {k: tuple(v.shape) for k, v in wanted.items()}
    return {k: list(v.shape) for k, v in result.items()}


def ldm_vae(model):
    result = {}
    levels = len(model.config.block_out_channels)
    for name, tensor in model.state_dict().items():
        new, shape = name, list(tensor.shape)
        new = re.sub(r"down_blocks\.(\d)\.resnets", r"down.\1.block", new)
        new = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", new)
        new = re.sub(r"up_blocks\.(\d)\.resnets", lambda a: f"up.{levels - 1 - int(a[1])}.block", new)
        new = re.sub(r"up_blocks\.(\d)\.upsamplers\.0", lambda a: f"up.{levels - 1 - int(a[1])}.upsample", new)
        new = new.replace("mid_block.resnets.0", "mid.block_1").replace("mid_block.resnets.1", "mid.block_2")
        if "mid_block.attentions.0." in new:
            new = new.replace("mid_block.attentions.0.", "mid.attn_1.").replace("group_norm", "norm")
            for a, b in (("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out")):
                new = new.replace(f".{a}.", f".{b}.")
            if len(shape) == 2:
                shape = [*shape, 1, 1]
        new = new.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
        result[new] = shape
    fake = {f"first_stage_model.{k}": torch.empty(s, device="meta") for k, s in result.items()}
    back = convert_ldm_vae_checkpoint(fake, model.config)
    assert {k: tuple(v.shape) for k, v in back.items()} == {k: tuple(v.shape) for k, v in model.state_dict().items()}
    return result


def flux_original(guidance, channels=64):
    """Names of black-forest-labs/flux, which diffusers' reader must take as its own model."""
    w, shapes = 3072, {}

    def linear(name, to, of):
        shapes[f"{name}.weight"] = [to, of]
        shapes[f"{name}.bias"] = [to]

    linear("img_in", w, channels)
    linear("txt_in", w, 4096)
    for name, of in (("time_in", 256), ("vector_in", 768), *((("guidance_in", 256),) if guidance else ())):
        linear(f"{name}.in_layer", w, of)
        linear(f"{name}.out_layer", w, w)
    for i in range(19):
        for side in ("img", "txt"):
            at = f"double_blocks.{i}.{side}"
            linear(f"{at}_mod.lin", 6 * w, w)
            linear(f"{at}_attn.qkv", 3 * w, w)
            shapes[f"{at}_attn.norm.query_norm.scale"] = [128]
            shapes[f"{at}_attn.norm.key_norm.scale"] = [128]
            linear(f"{at}_attn.proj", w, w)
            linear(f"{at}_mlp.0", 4 * w, w)
            linear(f"{at}_mlp.2", w, 4 * w)
    for i in range(38):
        at = f"single_blocks.{i}"
        linear(f"{at}.linear1", 7 * w, w)
        linear(f"{at}.linear2", w, 5 * w)
        shapes[f"{at}.norm.query_norm.scale"] = [128]
        shapes[f"{at}.norm.key_norm.scale"] = [128]
        linear(f"{at}.modulation.lin", 3 * w, w)
    linear("final_layer.adaLN_modulation.1", 2 * w, w)
    linear("final_layer.linear", 64, w)
    model = on_meta(lambda: m.FluxTransformer2DModel(in_channels=channels, out_channels=64, guidance_embeds=guidance))
    back = convert_flux_transformer_checkpoint_to_diffusers({k: torch.empty(s, device="meta") for k, s in shapes.items()})
    assert {k: tuple(v.shape) for k, v in back.items()} == {k: tuple(v.shape) for k, v in model.state_dict().items()}
    return shapes


def sd3_original(depth, dual=0, norms=False, positions=36864):
    """Names of Stability-AI/sd3-ref, which diffusers' reader must take as its own model."""
    w, shapes = depth * 64, {}

    def linear(name, to, of):
        shapes[f"{name}.weight"] = [to, of]
        shapes[f"{name}.bias"] = [to]

    shapes["pos_embed"] = [1, positions, w]
    shapes["x_embedder.proj.weight"] = [w, 16, 2, 2]
    shapes["x_embedder.proj.bias"] = [w]
    for name, of in (("t_embedder", 256), ("y_embedder", 2048)):
        linear(f"{name}.mlp.0", w, of)
        linear(f"{name}.mlp.2", w, w)
    linear("context_embedder", w, 4096)
    for i in range(depth):
        last = i == depth - 1
        for side in ("context_block", "x_block"):
            at, pre_only = f"joint_blocks.{i}.{side}", last and side == "context_block"
            both = side == "x_block" and i < dual
            linear(f"{at}.adaLN_modulation.1", (2 if pre_only else 9 if both else 6) * w, w)
            for attn in ("attn", *(("attn2",) if both else ())):
                linear(f"{at}.{attn}.qkv", 3 * w, w)
                if norms:
                    shapes[f"{at}.{attn}.ln_q.weight"] = [64]
                    shapes[f"{at}.{attn}.ln_k.weight"] = [64]
                if not pre_only:
                    linear(f"{at}.{attn}.proj", w, w)
            if not pre_only:
                linear(f"{at}.mlp.fc1", 4 * w, w)
                linear(f"{at}.mlp.fc2", w, 4 * w)
    linear("final_layer.adaLN_modulation.1", 2 * w, w)
    linear("final_layer.linear", 64, w)
    model = on_meta(lambda: m.SD3Transformer2DModel(
        num_layers=depth, num_attention_heads=depth, caption_projection_dim=w, joint_attention_dim=4096,
        pooled_projection_dim=2048, sample_size=128, in_channels=16, out_channels=16,
        pos_embed_max_size=int(positions**0.5), dual_attention_layers=tuple(range(dual)), qk_norm="rms_norm" if norms else None))
    back = convert_sd3_transformer_checkpoint_to_diffusers({k: torch.empty(s, device="meta") for k, s in shapes.items()})
    missing = set(model.state_dict()) - set(back)
    assert missing <= {"pos_embed.pos_embed"} and not set(back) - set(model.state_dict()), (missing, set(back) - set(model.state_dict()))
    return shapes, shapes_of(model)


lists, digests = {}, {}


def record(name, shapes):
    lists[name] = fold(shapes)
    print(f"{name}: {len(shapes)} tensors, {len(json.dumps(lists[name]))} bytes")


def record_digest(name, shapes):
    lines = sorted(f"{key} {'x'.join(map(str, shape))}" for key, shape in shapes.items())
    digests[name] = [len(lines), hashlib.sha256("\n".join(lines).encode()).hexdigest()]


for name, config in UNETS.items():
    unet = on_meta(lambda: m.UNet2DConditionModel(**config))
    record_digest(f"unet {name}, diffusers", shapes_of(unet))
    record_digest(f"unet {name}", ldm_unet(unet))
for name, config in {
    "kolors": dict(SDXL, encoder_hid_dim=4096, encoder_hid_dim_type="text_proj", projection_class_embeddings_input_dim=5632),
    "sd1 lcm": dict(SD1, time_cond_proj_dim=256),
    "sdxl ssd-1b": dict(SDXL, transformer_layers_per_block=(1, 2, 4)),
}.items():
    record_digest(f"unet {name}, diffusers", shapes_of(on_meta(lambda: m.UNet2DConditionModel(**config))))

kl = dict(down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
          block_out_channels=(128, 256, 512, 512), layers_per_block=2)
for name, config in {"4 channels": dict(kl, latent_channels=4),
                     "16 channels": dict(kl, latent_channels=16, use_quant_conv=False, use_post_quant_conv=False)}.items():
    vae = on_meta(lambda: m.AutoencoderKL(**config))
    record_digest(f"vae {name}, diffusers", shapes_of(vae))
    record_digest(f"vae {name}", ldm_vae(vae))
record("taesd 4 channels, diffusers", shapes_of(on_meta(lambda: m.AutoencoderTiny())))

record("flux1 dev", flux_original(True))
record("flux1 schnell", flux_original(False))
record("flux1 fill", flux_original(True, 384))
record("flux1 control", flux_original(True, 128))
record("flux1 dev, diffusers", shapes_of(on_meta(lambda: m.FluxTransformer2DModel(guidance_embeds=True))))
record("flux1 schnell, diffusers", shapes_of(on_meta(lambda: m.FluxTransformer2DModel())))
for name, arguments in {"sd3": (24,), "sd3 3.5-large": (38, 0, True), "sd3 3.5-medium": (24, 13, True, 147456)}.items():
    original, hugging = sd3_original(*arguments)
    record(name, original)
    record(f"{name}, diffusers", hugging)

for name, make in {
    "chroma": lambda: m.ChromaTransformer2DModel(),
    "flux2": lambda: m.Flux2Transformer2DModel(),
    "aura-flow": lambda: m.AuraFlowTransformer2DModel(),
    "pixart": lambda: m.PixArtTransformer2DModel(),
    "sana": lambda: m.SanaTransformer2DModel(),
    "hunyuan-dit": lambda: m.HunyuanDiT2DModel(num_attention_heads=16, in_channels=4, patch_size=2, sample_size=128, num_layers=40),
    "lumina2": lambda: m.Lumina2Transformer2DModel(),
    "z-image": lambda: m.ZImageTransformer2DModel(),
    "qwen-image": lambda: m.QwenImageTransformer2DModel(),
    "hidream": lambda: m.HiDreamImageTransformer2DModel(caption_channels=[4096, 4096], llama_layers=[0, 1],
        patch_size=2, num_layers=16, num_single_layers=32),
    "hunyuan-video": lambda: m.HunyuanVideoTransformer3DModel(),
    "wan": lambda: m.WanTransformer3DModel(),
    "ltx-video": lambda: m.LTXVideoTransformer3DModel(),
    "mochi": lambda: m.MochiTransformer3DModel(),
    "stable-cascade stage-c": lambda: diffusers.models.unets.StableCascadeUNet(
        in_channels=16, out_channels=16, conditioning_dim=2048, block_out_channels=(2048, 2048), num_attention_heads=(32, 32),
        down_num_layers_per_block=(8, 24), up_num_layers_per_block=(24, 8), clip_text_in_channels=1280,
        clip_text_pooled_in_channels=1280, clip_image_in_channels=768, switch_level=(False,)),
    "stable-cascade stage-b": lambda: diffusers.models.unets.StableCascadeUNet(
        in_channels=4, out_channels=4, patch_size=2, conditioning_dim=1280, block_out_channels=(320, 640, 1280, 1280),
        num_attention_heads=(0, 0, 20, 20), down_num_layers_per_block=(2, 6, 28, 6), up_num_layers_per_block=(6, 28, 6, 2),
        clip_text_pooled_in_channels=1280, effnet_in_channels=16,
        down_blocks_repeat_mappers=(1, 1, 1, 1), up_blocks_repeat_mappers=(3, 3, 2, 2), dropout=(0, 0, 0.1, 0.1), self_attn=True,
        block_types_per_layer=(("SDCascadeResBlock", "SDCascadeTimestepBlock"),) * 2
        + (("SDCascadeResBlock", "SDCascadeTimestepBlock", "SDCascadeAttnBlock"),) * 2),
    "stable-video": lambda: m.UNetSpatioTemporalConditionModel(layers_per_block=1),
}.items():
    try:
        record(f"{name}, diffusers", shapes_of(on_meta(make)))
    except Exception as error:  # noqa: BLE001
        print(f"!! {name}: {error!r}")

for name, make in {
    "controlnet sd1, diffusers": lambda: m.ControlNetModel(**{k: v for k, v in SD1.items()}),
    "controlnet sd2, diffusers": lambda: m.ControlNetModel(**SD2),
    "controlnet sdxl, diffusers": lambda: m.ControlNetModel(**{k: v for k, v in SDXL.items() if k != "up_block_types"}),
    "controlnet-union sdxl, diffusers": lambda: m.ControlNetUnionModel(**{k: v for k, v in SDXL.items() if k != "up_block_types"}),
    "controlnet flux1, diffusers": lambda: m.FluxControlNetModel(num_layers=5, num_single_layers=10),
    "controlnet sd3, diffusers": lambda: m.SD3ControlNetModel(num_layers=12),
    "sparse-ctrl sd1, diffusers": lambda: m.SparseControlNetModel(cross_attention_dim=768, layers_per_block=1),
    "t2i-adapter sd1, diffusers": lambda: m.T2IAdapter(adapter_type="full_adapter"),
    "t2i-adapter sdxl, diffusers": lambda: m.T2IAdapter(adapter_type="full_adapter_xl", downscale_factor=16),
    "motion-module sd1": lambda: m.MotionAdapter(motion_layers_per_block=1),
}.items():
    try:
        record(name, shapes_of(on_meta(make)))
    except Exception as error:  # noqa: BLE001
        print(f"!! {name}: {error!r}")

t = transformers
clip = dict(vocab_size=49408, max_position_embeddings=77)
for name, make in {
    "clip-l": lambda: t.CLIPTextModel(t.CLIPTextConfig(**clip, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)),
    "clip-h": lambda: t.CLIPTextModel(t.CLIPTextConfig(**clip, hidden_size=1024, intermediate_size=4096, num_hidden_layers=23, num_attention_heads=16)),
    "clip-g": lambda: t.CLIPTextModelWithProjection(t.CLIPTextConfig(**clip, hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20, projection_dim=1280)),
    "clip-l both": lambda: t.CLIPModel(t.CLIPConfig(text_config=dict(clip, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12), vision_config=dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, patch_size=14), projection_dim=768)),
    "clip-vision-h": lambda: t.CLIPVisionModelWithProjection(t.CLIPVisionConfig(hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=16, patch_size=14, projection_dim=1024)),
    "t5-xxl": lambda: t.T5EncoderModel(t.T5Config(vocab_size=32128, d_model=4096, d_ff=10240, d_kv=64, num_heads=64, num_layers=24, feed_forward_proj="gated-gelu")),
    "umt5-xxl": lambda: t.UMT5EncoderModel(t.UMT5Config(vocab_size=256384, d_model=4096, d_ff=10240, d_kv=64, num_heads=64, num_layers=24, feed_forward_proj="gated-gelu")),
    "llama": lambda: t.LlamaForCausalLM(t.LlamaConfig(num_hidden_layers=2)),
    "blip": lambda: t.BlipForConditionalGeneration(t.BlipConfig()),
    "gemma2": lambda: t.Gemma2Model(t.Gemma2Config(num_hidden_layers=2)),
}.items():
    try:
        record(f"transformers {name}", shapes_of(on_meta(make)))
    except Exception as error:  # noqa: BLE001
        print(f"!! {name}: {error!r}")

made_by = ", ".join(f"{p.__name__} {p.__version__}" for p in (diffusers, transformers)) + f", torch {torch.__version__}"
out = os.path.join(os.path.dirname(__file__), "..", "fixtures", "key-lists.json")
with open(out, "w") as file:
    def lines(items, render):
        return ",\n".join(f"  {json.dumps(name)}: {render(item)}" for name, item in items.items())

    def rows(item):
        return "[\n   " + ",\n   ".join(json.dumps(row) for row in item) + "\n  ]"

    file.write('{\n "madeBy": ' + json.dumps(made_by) + ',\n "digests": {\n' + lines(digests, json.dumps)
               + '\n },\n "lists": {\n' + lines(lists, rows) + "\n }\n}\n")
print(os.path.getsize(out))
