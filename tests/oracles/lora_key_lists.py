"""Records names and shapes of LoRA and LyCORIS files as their trainers save them.

Writes tests/fixtures/lora-key-lists.json, folded as key_lists.py folds: lycoris-lora's networks of every algorithm in kohya's
layout, peft's and diffusers' layouts, for small networks with the widths of SD 1.x, SD 2.x and SDXL.
"""
import json
import logging
import os
import re
import tempfile

import diffusers
import lycoris
import peft
import torch
import transformers
from diffusers import UNet2DConditionModel
from diffusers.utils import convert_all_state_dict_to_peft, convert_state_dict_to_diffusers, convert_state_dict_to_kohya
from lycoris.kohya import create_network
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model

from key_lists_fold import fold

logging.disable(logging.WARNING)
PRESET = """
enable_conv = {conv}
unet_target_module = ["Transformer2DModel"{resnets}]
unet_target_name = []
text_encoder_target_module = ["CLIPAttention", "CLIPMLP"]
text_encoder_target_name = []
"""
BLOCKS = dict(
    block_out_channels=(320,), layers_per_block=1, down_block_types=("CrossAttnDownBlock2D",), up_block_types=("UpBlock2D",))
SD1 = dict(BLOCKS, cross_attention_dim=768, attention_head_dim=8)
SD2 = dict(BLOCKS, cross_attention_dim=1024, attention_head_dim=8, use_linear_projection=True)
SDXL = dict(
    block_out_channels=(640,), layers_per_block=1, down_block_types=("CrossAttnDownBlock2D",), up_block_types=("UpBlock2D",),
    transformer_layers_per_block=2, attention_head_dim=10, addition_embed_type="text_time", addition_time_embed_dim=256,
    projection_class_embeddings_input_dim=2816, cross_attention_dim=2048, use_linear_projection=True)
TEXT = dict(vocab_size=100, max_position_embeddings=77, num_hidden_layers=1)


def text_encoder(width):
    config = transformers.CLIPTextConfig(**TEXT, hidden_size=width, intermediate_size=4 * width, num_attention_heads=width // 64)
    return transformers.CLIPTextModel(config)


def shapes_of(state):
    return {k: list(v.shape) for k, v in state.items()}


lists = {}
# One module of each sort is enough.
KEPT = re.compile(r"layers.0.self_attn.q_proj|mlp.fc1|down.blocks.0.*attn2.to.k|down.blocks.0.*attn1.to.q|down.blocks.0.*(?:proj.in|conv1|norm1)")


def record(name, state):
    lists[name] = fold(shapes_of({k: v for k, v in state.items() if KEPT.search(k)}))
    print(name, len(state), len(json.dumps(lists[name])))


def kohya(name, config, encoders, **options):
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as preset:
        conv = options.pop("conv", True)
        preset.write(PRESET.format(conv="true" if conv else "false", resnets=', "ResnetBlock2D"' if conv else ""))
        preset.flush()
        unet = UNet2DConditionModel(**config)
        texts = [text_encoder(width) for width in encoders]
        network = create_network(1.0, options.pop("dim", 8), 4, None, texts if len(texts) > 1 else texts[0], unet, preset=preset.name, **options)
        network.apply_to(texts if len(texts) > 1 else texts[0], unet, True, True)
        state = {k: v for k, v in network.state_dict().items() if not k.endswith("org_weight")}
        # transformers 5 lost a part of the path that files of every earlier version have.
        fixed = {k.replace("_encoder_layers", "_text_model_encoder_layers") if "text_model" not in k and k.startswith("lora_te") else k: v
                 for k, v in state.items()}
        record(name, fixed)


for algo, options in {
    "lora": {"conv": False}, "locon": {}, "locon tucker": {"use_tucker": True}, "loha": {}, "loha tucker": {"use_tucker": True},
    "lokr": {"factor": 8}, "lokr full": {"full_matrix": True}, "lokr decomposed": {"decompose_both": True, "factor": 4},
    "ia3": {}, "full": {}, "glora": {}, "dylora": {}, "diag-oft": {}, "boft": {"dim": 16}, "norm": {"train_norm": True, "conv": False},
    "dora": {"dora_wd": True, "conv": False}, "oft rescaled": {"rescaled": True},
}.items():
    name = {"locon tucker": "locon", "loha tucker": "loha", "lokr full": "lokr", "lokr decomposed": "lokr", "norm": "lora",
            "dora": "lora", "oft rescaled": "diag-oft"}.get(algo, algo)
    try:
        kohya(f"kohya sd1 {algo}", SD1, [768], algo=name, **options)
    except Exception as error:  # noqa: BLE001
        print(f"!! {algo}: {error!r}")
kohya("kohya sd2 lora", SD2, [1024], algo="lora", conv=False)
kohya("kohya sdxl lora, diffusers names", SDXL, [768, 1280], algo="lora", conv=False)

TARGETS = ["to_k", "to_q", "to_v", "to_out.0"]
for name, config, width in (("sd1", SD1, 768), ("sd2", SD2, 1024), ("sdxl", SDXL, 768)):
    unet = UNet2DConditionModel(**config)
    inject_adapter_in_model(LoraConfig(r=8, target_modules=TARGETS), unet)
    raw = get_peft_model_state_dict(unet)
    state = {f"unet.{k}": v for k, v in raw.items()}
    record(f"peft {name}", state)
    record(f"peft {name}, bare", raw)
    record(f"peft {name}, base_model", {f"base_model.model.{k}": v for k, v in raw.items()})
    record(f"diffusers {name}", convert_state_dict_to_diffusers(state))
    record(f"kohya from peft {name}", convert_state_dict_to_kohya(state))
unet = UNet2DConditionModel(**SD1)
inject_adapter_in_model(LoraConfig(r=8, target_modules=TARGETS, use_dora=True), unet)
record("peft sd1 dora", {f"unet.{k}": v for k, v in get_peft_model_state_dict(unet).items()})
unet = UNet2DConditionModel(**SD1)
inject_adapter_in_model(peft.LoHaConfig(r=8, target_modules=TARGETS), unet)
record("peft sd1 loha", {f"unet.{k}": v for k, v in get_peft_model_state_dict(unet).items()})
unet = UNet2DConditionModel(**SD1)
inject_adapter_in_model(peft.LoKrConfig(r=8, target_modules=TARGETS), unet)
record("peft sd1 lokr", {f"unet.{k}": v for k, v in get_peft_model_state_dict(unet).items()})
te = text_encoder(768)
inject_adapter_in_model(LoraConfig(r=8, target_modules=["q_proj", "k_proj"]), te)
record("diffusers text encoder", {f"text_encoder.{k}": v for k, v in convert_state_dict_to_diffusers(get_peft_model_state_dict(te)).items()})

out = os.path.join(os.path.dirname(__file__), "..", "fixtures", "lora-key-lists.json")
made_by = f"lycoris-lora {lycoris.__version__ if hasattr(lycoris, '__version__') else '4.1.3'}, peft {peft.__version__}, diffusers {diffusers.__version__}, torch {torch.__version__}"
with open(out, "w") as file:
    body = ",\n".join(f"  {json.dumps(n)}: [\n   " + ",\n   ".join(map(json.dumps, rows)) + "\n  ]" for n, rows in lists.items())
    file.write('{\n "madeBy": ' + json.dumps(made_by) + ',\n "lists": {\n' + body + "\n }\n}\n")
print(os.path.getsize(out))
