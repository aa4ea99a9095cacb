"""Records how torch reads and writes narrow float types. Writes tests/fixtures/dtypes.json."""
import hashlib
import json
import pathlib

import numpy as np
import torch

OUT = pathlib.Path(__file__).parent.parent / "fixtures" / "dtypes.json"
TYPES = {
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}
# Bit patterns of float32 spread over the whole range, the same in any language: i * 2654435761 mod 2**32.
COUNT = 1 << 20


def sha256(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def decoded(dtype):
    bits = dtype.itemsize * 8
    codes = np.arange(1 << bits).astype(np.uint16 if bits == 16 else np.uint8)
    values = torch.from_numpy(codes.view(np.int16 if bits == 16 else np.uint8)).view(dtype).to(torch.float32).numpy()
    values[np.isnan(values)] = np.float32(np.nan)  # one NaN pattern
    patterns = values.view(np.uint32).copy()
    patterns[np.isnan(values)] = 0x7FC00000
    return sha256(patterns)


def encoded(dtype, values):
    largest = torch.finfo(dtype).max
    finite = torch.isfinite(values)
    plain = values.to(dtype)
    saturated = finite & ~torch.isfinite(plain.to(torch.float32))
    if dtype == torch.float8_e4m3fn:  # has no infinity
        # This torch saturates by itself; 464 is halfway between 448 and the 480 that a NaN stands in the place of.
        saturated = values.abs() > 464
        clamped = values.clamp(-largest, largest).to(dtype)
    else:
        clamped = torch.where(finite, values.clamp(-largest, largest), values).to(dtype)
    codes = clamped.view(torch.uint8 if dtype.itemsize == 1 else torch.int16).numpy().copy()
    codes = codes.view(np.uint8 if dtype.itemsize == 1 else np.uint16)
    codes[torch.isnan(values).numpy()] = 0xFF if dtype.itemsize == 1 else 0xFFFF
    return {"sha256": sha256(codes), "saturated": int(saturated.sum())}


pattern = (np.arange(COUNT, dtype=np.uint64) * 2654435761 % 2**32).astype(np.uint32)
# The second set stays near one, where weights are: exponents 2**-20 … 2**11.
near = ((pattern & np.uint32(0x80FFFFFF)) | ((np.arange(COUNT, dtype=np.uint32) % 32 + 107) << np.uint32(23))) & np.uint32(
    0xFFFFFFFF
)
sets = {"everywhere": pattern, "near one": near}
OUT.write_text(
    json.dumps(
        {
            "made by": f"tests/oracles/dtypes.py with torch {torch.__version__}",
            "decoded": {name: decoded(dtype) for name, dtype in TYPES.items()},
            "encoded": {
                label: {name: encoded(dtype, torch.from_numpy(bits.view(np.float32).copy())) for name, dtype in TYPES.items()}
                for label, bits in sets.items()
            },
        },
        indent=1,
    )
    + "\n"
)
