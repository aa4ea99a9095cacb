"""Records what torch computes where A1111's checkpoint merger adds tensors: (1 - M) * A + M * B, and A + M * (B - C), for
every mixture of element types. Writes tests/fixtures/merge-arithmetic.json: SHA-256 of the results, every NaN as one."""
import hashlib
import itertools
import json
import pathlib

import numpy as np
import torch

ROOT = pathlib.Path(__file__).parent.parent
COUNT = 20_000
# Numbers from 0 to COUNT - 1, hashed to 32 bits: as float patterns they are everywhere; the test makes the same.
FACTORS = {"A": 2654435761, "B": 2246822519, "C": 3266489917}
TYPES = {"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "F64": torch.float64}


def patterns(name):
    return (np.arange(COUNT, dtype=np.uint64) * FACTORS[name] & 0xFFFFFFFF).astype(np.uint32)


def tensor(name, dtype, everywhere):
    bits = patterns(name)
    if dtype in ("F16", "BF16"):
        codes = (bits >> 16).astype(np.uint16)
        if not everywhere:  # exponents near 0, so that sums have bits to round
            lift = (12, 10) if dtype == "F16" else (123, 7)
            codes = (codes & np.uint16(0x8000 | ((1 << lift[1]) - 1))) | ((((bits & 7) + lift[0]) << lift[1]).astype(np.uint16))
        return torch.from_numpy(codes.view(np.int16).copy()).view(TYPES[dtype])
    if not everywhere:
        bits = (bits & np.uint32(0x807FFFFF)) | ((((bits & 7) + 123) << 23).astype(np.uint32))
    floats = torch.from_numpy(bits.view(np.float32).copy())
    return floats if dtype == "F32" else floats.double() * 1.1


def digest(result):
    if result.dtype in (torch.float16, torch.bfloat16):
        result = torch.where(result.isnan(), torch.tensor(float("nan"), dtype=result.dtype), result)
        raw = result.view(torch.int16).numpy()
        raw = np.where(result.isnan().numpy(), np.int16(-1), raw)
    else:
        wide = torch.int32 if result.dtype == torch.float32 else torch.int64
        raw = np.where(result.isnan().numpy(), -1, result.view(wide).numpy()).astype(np.int32 if wide == torch.int32 else np.int64)
    return {
        "dtype": next(name for name, dtype in TYPES.items() if dtype == result.dtype),
        "nan": int(result.isnan().sum()),
        "infinite": int(result.isinf().sum()),
        "sha256": hashlib.sha256(raw.tobytes()).hexdigest(),
    }


def weighted_sum(a, b, alpha):
    return ((1 - alpha) * a) + (alpha * b)


def add_difference(a, b, c, alpha):
    return a + (alpha * (b - c))


cases = []
for everywhere, alpha in [(True, 0.3), (True, 1.7), (False, 0.3), (False, 0.5), (False, -0.25)]:
    for types in itertools.product(TYPES, repeat=2):
        a, b = (tensor(name, dtype, everywhere) for name, dtype in zip("AB", types))
        cases.append({"sum": "weighted", "everywhere": everywhere, "multiplier": alpha, "types": types, **digest(weighted_sum(a, b, alpha))})
        zeros = torch.zeros_like(b)
        cases.append({"sum": "difference of nothing", "everywhere": everywhere, "multiplier": alpha, "types": types, **digest(a + (alpha * zeros))})
for everywhere, alpha in [(True, 1.0), (False, 0.3)]:
    for types in itertools.product(TYPES, repeat=3):
        a, b, c = (tensor(name, dtype, everywhere) for name, dtype in zip("ABC", types))
        cases.append({"sum": "difference", "everywhere": everywhere, "multiplier": alpha, "types": types, **digest(add_difference(a, b, c, alpha))})

(ROOT / "fixtures" / "merge-arithmetic.json").write_text(
    json.dumps({"made by": f"tests/oracles/merge_arithmetic.py with torch {torch.__version__}", "cases": cases}, separators=(",", ":")).replace('},{"sum"', '},\n{"sum"') + "\n"
)
