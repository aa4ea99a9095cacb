"""Writes the files of torch that benchmarks/identify.ts is measured on: a checkpoint with the tensors of a safetensors file, whose
contents are holes, and a LoRA of rank 4 for its denoiser.
Usage: make-torch.py MODEL.safetensors FOLDER"""
import json
import os
import re
import struct
import sys

import torch

model, folder = sys.argv[1:]
with open(model, "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
header.pop("__metadata__", None)
types = {"F16": torch.float16, "F32": torch.float32, "I64": torch.int64}
tensors = {name: torch.empty(entry["shape"], dtype=types[entry["dtype"]]) for name, entry in header.items()}
with torch.serialization.skip_data():
    torch.save({"state_dict": tensors, "global_step": 840000}, os.path.join(folder, "bench-checkpoint.ckpt"))

lora = {}
layer = re.compile(r"^model\.diffusion_model\.(.*(?:transformer_blocks|proj_in|proj_out).*)\.weight$")
for name, tensor in tensors.items():
    match = layer.match(name)
    if match is None or tensor.ndim < 2:
        continue
    stem = "lora_unet_" + match[1].replace(".", "_")
    rows, columns, *rest = tensor.shape
    lora[f"{stem}.alpha"] = torch.tensor(4.0)
    lora[f"{stem}.lora_down.weight"] = torch.zeros([4, columns, *rest], dtype=torch.float16)
    lora[f"{stem}.lora_up.weight"] = torch.zeros([rows, 4, *(1 for _ in rest)], dtype=torch.float16)
torch.save(lora, os.path.join(folder, "bench-lora.pt"))
