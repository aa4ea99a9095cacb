"""The merge that benchmarks/merge.ts is measured against: (1 - M) * A + M * B as A1111 computes it, with torch on all cores.
Usage: merge.py A B OUT THREADS; prints the seconds of reading, computing and saving, without starting Python."""
import json
import os
import sys
import time

import torch
from safetensors.torch import load_file, save_file

first, second, out, threads = sys.argv[1:]
torch.set_num_threads(int(threads))
M = 0.3
started = time.perf_counter()
b = load_file(second)
a = load_file(first)
for key in a:
    if "model" in key and key in b and not key.endswith("text_model.embeddings.position_ids"):
        a[key] = ((1 - M) * a[key]) + (M * b[key])
computed = time.perf_counter()
save_file(a, out, metadata={"format": "pt"})
saved = time.perf_counter()
file = os.open(out, os.O_RDWR)
os.fsync(file)
os.close(file)
print(json.dumps({"computed": computed - started, "saved": saved - started, "synced": time.perf_counter() - started}))
