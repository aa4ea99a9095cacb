"""Records torch's CPU noise, numpy's seed sequences and torchsde's Brownian trees: tests/fixtures/noise.json.

Run: python tests/oracles/noise.py
"""

import hashlib
import json
import pathlib
import warnings
from importlib.metadata import version

import numpy as np
import torch
import torchsde

warnings.filterwarnings("ignore")
OUT = pathlib.Path(__file__).parents[1] / "fixtures" / "noise.json"


def floats(t):
    """Float32 values in a form that JSON keeps exactly."""
    return [float(v) for v in t.flatten().to(torch.float64)]


def digest(t):
    return hashlib.sha256(t.contiguous().numpy().tobytes()).hexdigest()


def generator(seed):
    return torch.Generator().manual_seed(seed)


def cpu_draws():
    """Draws one after another from one generator, so that the number kept between small draws counts."""
    cases = []
    for seed, counts in [
        (0, [4, 3, 5, 16, 1, 64]),
        (42, [17, 33, 65536]),
        (-1, [16, 20]),
        (2**64 - 5, [15, 16900]),
        (1234567890, [7, 4096, 9]),
    ]:
        g = generator(seed)
        draws = [torch.randn(n, generator=g) for n in counts]
        cases.append(
            {
                "seed": str(seed),
                "counts": counts,
                "sha256": [digest(d) for d in draws],
                "first": [floats(d[:4]) for d in draws],
            }
        )
    return cases


def batch_seeds():
    """What k-diffusion's Brownian noise takes as its seed when it is given none."""
    result = []
    for seed in (0, 42, 999):
        torch.manual_seed(seed)
        result.append({"seed": seed, "value": str(torch.randint(0, 2**63 - 1, []).item())})
    return result


def seed_sequences():
    result = []
    for entropy, key in [(0, []), (42, []), (42, [0, 0]), (42, [1, 1]), (2**32 + 5, [6, 3]), (2**64 - 1, [2**33 + 7, 34])]:
        words = np.random.SeedSequence(entropy=entropy, spawn_key=key, pool_size=24).generate_state(30)
        result.append({"entropy": str(entropy), "key": key, "words": [int(w) for w in words]})
    return result


def trees():
    result = []
    for seed, count, t0, t1, queries in [
        (0, 64, 0.029167538508772850, 14.614643096923828, [(8.3725624, 14.614643), (4.796544, 8.3725624), (0.1, 0.3), (0.029167539, 0.04)]),
        (42, 20, 0.029167538508772850, 14.614643096923828, [(1.0, 2.0), (1.2741050, 4.796544), (1.5, 1.5000011), (0.0, 20.0)]),
        (2**40 + 1, 16, 0.0078125, 1.0234375, [(0.0078125, 0.5), (0.25, 0.2500010), (0.5, 1.0234375)]),
    ]:
        tree = torchsde.BrownianTree(t0=t0, w0=torch.zeros(count), t1=t1, entropy=seed)
        result.append(
            {
                "seed": str(seed),
                "count": count,
                "range": [t0, t1],
                "queries": queries,
                "increments": [floats(tree(a, b)[:8]) for a, b in queries],
            }
        )
    return result


OUT.write_text(
    json.dumps(
        {
            "madeBy": f"torch {torch.__version__}, numpy {np.__version__}, torchsde {version('torchsde')}, float32 on an x86 CPU",
            "cpuDraws": cpu_draws(),
            "batchSeeds": batch_seeds(),
            "seedSequences": seed_sequences(),
            "trees": trees(),
        },
        indent=1,
    )
    + "\n"
)
