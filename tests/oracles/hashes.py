"""Records hashes of known bytes, and the same tensors in containers of torch and safetensors. Writes tests/fixtures/hashes.json."""
import base64
import hashlib
import importlib.metadata
import io
import json
import pathlib
import zlib

import blake3
import numpy as np
import torch
from safetensors.torch import save

# Bytes that do not repeat: a linear congruential generator, 32 bits at a time.
COUNT = 2_250_001
state, words = 1, np.empty(COUNT, dtype="<u4")
for i in range(COUNT):
    state = (state * 1664525 + 1013904223) % 2**32
    words[i] = state
noise = words.tobytes()

tensors = {
    "b": torch.arange(6, dtype=torch.float16).reshape(2, 3),
    "a": torch.arange(5, dtype=torch.int64),
    "丹": torch.ones(3, dtype=torch.bfloat16),
    "strided": torch.arange(12, dtype=torch.float32).reshape(3, 4).t(),
    "empty": torch.zeros(0, 4),
}


def stored(save_to):
    file = io.BytesIO()
    save_to(file)
    return base64.b64encode(file.getvalue()).decode()


out = pathlib.Path(__file__).parent.parent / "fixtures" / "hashes.json"
names = ("blake3", "numpy", "safetensors", "torch")
out.write_text(
    json.dumps(
        {
            "made by": "tests/oracles/hashes.py with " + ", ".join(f"{n} {importlib.metadata.version(n)}" for n in names),
            "noise": {
                "bytes": len(noise),
                "old": hashlib.sha256(noise[0x100000:0x110000]).hexdigest()[:8],
                "sha256": hashlib.sha256(noise).hexdigest(),
                "blake3": blake3.blake3(noise).hexdigest(),
                "crc32": f"{zlib.crc32(noise):08x}",
            },
            "containers": {
                "safetensors": base64.b64encode(save({k: v.contiguous() for k, v in tensors.items()}, {"note": "x"})).decode(),
                "torch zip": stored(lambda file: torch.save(tensors, file)),
                "torch legacy": stored(lambda file: torch.save(tensors, file, _use_new_zipfile_serialization=False)),
            },
        },
        indent=1,
        ensure_ascii=False,
    )
    + "\n"
)
