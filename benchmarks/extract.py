"""What benchmarks/extract.ts is measured against: torch's SVD of some layers of each shape.
Usage: extract.py BASE TUNED LORA; prints for each the relative error of up·down and the seconds of torch."""
import sys
import time

import torch
from safetensors import safe_open

base, tuned, lora = (safe_open(path, "pt") for path in sys.argv[1:])
LAYERS = {
    "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q": "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight",
    "lora_unet_down_blocks_1_attentions_1_transformer_blocks_0_attn2_to_k": "model.diffusion_model.input_blocks.5.1.transformer_blocks.0.attn2.to_k.weight",
    "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q": "model.diffusion_model.middle_block.1.transformer_blocks.0.attn1.to_q.weight",
    "lora_unet_mid_block_attentions_0_transformer_blocks_0_ff_net_0_proj": "model.diffusion_model.middle_block.1.transformer_blocks.0.ff.net.0.proj.weight",
    "lora_unet_mid_block_attentions_0_transformer_blocks_0_ff_net_2": "model.diffusion_model.middle_block.1.transformer_blocks.0.ff.net.2.weight",
    "lora_unet_up_blocks_3_attentions_2_proj_out": "model.diffusion_model.output_blocks.11.1.proj_out.weight",
    "lora_te_text_model_encoder_layers_11_mlp_fc1": "cond_stage_model.transformer.text_model.encoder.layers.11.mlp.fc1.weight",
    "lora_unet_mid_block_resnets_0_conv1": "model.diffusion_model.middle_block.0.in_layers.2.weight",
}
keys = set(lora.keys())
for name, key in LAYERS.items():
    if f"{name}.lora_up.weight" not in keys:
        continue
    up, down, alpha = (lora.get_tensor(f"{name}.{role}") for role in ("lora_up.weight", "lora_down.weight", "alpha"))
    matrix = (tuned.get_tensor(key).double() - base.get_tensor(key).double()).flatten(1)
    started = time.perf_counter()
    u, s, v = torch.linalg.svd(matrix, full_matrices=False)
    seconds = time.perf_counter() - started
    rank = down.shape[0]
    wanted = (u[:, :rank] * s[:rank]) @ v[:rank]
    found = up.double().flatten(1) @ down.double().flatten(1) * (float(alpha) / rank)
    error = float((found - wanted).norm() / wanted.norm())
    print(f"{name} {tuple(matrix.shape)} rank {rank}: {error:.1e} (limit 1e-3), torch {seconds:.2f} s in float64, gap {float(s[rank - 1] / s[rank] - 1):.1e}")
