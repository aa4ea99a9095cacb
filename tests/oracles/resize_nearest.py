"""Records which pixels torch's nearest interpolation picks. Writes tests/fixtures/resize-nearest.json."""
import hashlib
import json
import pathlib

import numpy as np
import torch

OUT = pathlib.Path(__file__).parent.parent / "fixtures" / "resize-nearest.json"
LARGEST_FROM, LARGEST_TO = 96, 200


def places(size, to):
    ramp = torch.arange(size, dtype=torch.float32).reshape(1, 1, 1, size)
    return torch.nn.functional.interpolate(ramp, size=(1, to), mode="nearest").reshape(-1).to(torch.int32).numpy()


digest = hashlib.sha256()
for size in range(1, LARGEST_FROM + 1):
    for to in range(1, LARGEST_TO + 1):
        digest.update(np.ascontiguousarray(places(size, to)).tobytes())

# A block in two dimensions, neither size a multiple of the other.
block = torch.arange(2 * 3 * 5 * 7, dtype=torch.float32).reshape(2, 3, 5, 7)
resized = torch.nn.functional.interpolate(block, size=(8, 4), mode="nearest")

OUT.write_text(
    json.dumps(
        {
            "madeBy": f"torch {torch.__version__}, float32 on an x86 CPU",
            "largestFrom": LARGEST_FROM,
            "largestTo": LARGEST_TO,
            "sha256": digest.hexdigest(),
            "block": resized.reshape(-1).to(torch.int32).tolist(),
        }
    )
    + "\n"
)
