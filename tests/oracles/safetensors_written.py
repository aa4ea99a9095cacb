"""Records a file as the reference implementation writes it. Writes tests/fixtures/safetensors-written.json."""
import base64
import importlib.metadata
import json
import pathlib

import torch
from safetensors.torch import save

tensors = {
    "b": torch.zeros(2, 3, dtype=torch.float16),
    "z": torch.zeros(3, dtype=torch.uint8),
    "a": torch.zeros([], dtype=torch.float16),
    'quote " \\ and \n 丹青': torch.zeros(1),
    "f8": torch.zeros(0, dtype=torch.float8_e4m3fn),
    "i": torch.zeros(1, 1, dtype=torch.int64),
    "bf": torch.zeros(1, dtype=torch.bfloat16),
}
out = pathlib.Path(__file__).parent.parent / "fixtures" / "safetensors-written.json"
out.write_text(
    json.dumps(
        {
            "made by": "tests/oracles/safetensors_written.py with safetensors " + importlib.metadata.version("safetensors"),
            "base64": base64.b64encode(save(tensors, {"format": 'pt "丹"'})).decode(),
        },
        indent=1,
    )
    + "\n"
)
