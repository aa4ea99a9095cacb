"""Draws on the starter checkpoint with embeddings, in transformers and diffusers. Writes tests/fixtures/embedding-runs.{json,safetensors}.

The vectors of an embedding stand in the places of its word among the token embeddings; weights multiply the encodings, whose mean is then
restored. The vectors are made from their names (seeded_weights.py).
"""
import json

import diffusers
import numpy as np
import safetensors.torch
import torch
import transformers
from seeded_weights import integers
from starter_models import CONTEXT, FIXTURES, draw, text_encoder, tokens, unet_model

STEPS, CFG, SEED, SIZE = 4, 5.0, 77, 8
FILES = {"zorblax": 2, "badquix": 3}
# Pieces of text with a weight; a piece that is the name of a file is its vectors.
RUNS = {
    "words": [[["red apple", 1.0]], [["", 1.0]]],
    "prompt": [[["red", 1.0], ["zorblax", 1.0], ["apple", 1.0]], [["", 1.0]]],
    "weighted": [[["red", 1.0], ["zorblax", 1.3], ["apple", 1.0]], [["", 1.0]]],
    "negative": [[["red apple", 1.0]], [["badquix", 1.0]]],
    "both": [[["zorblax", 0.8], ["apple", 1.0]], [["badquix", 1.2], ["blue", 1.0]]],
}
TEXT, UNET = text_encoder(), unet_model()
TABLE = TEXT.embeddings.token_embedding


def vectors(name):
    return torch.from_numpy((integers(name, FILES[name] * CONTEXT).reshape(FILES[name], CONTEXT) / 1024 * 2 ** -5).astype(np.float32))


def encode(pieces):
    ids, weights, places = [], [], {}
    for text, weight in pieces:
        if text in FILES:
            places[len(ids) + 1] = vectors(text)
            own = [0] * FILES[text]
        else:
            own = tokens(text)[0, 1:1 + len(text.split())].tolist()
        ids += own
        weights += [weight] * len(own)
    row = torch.tensor([[49406] + ids + [49407] * (76 - len(ids))])

    def replace(_, __, output):
        output = output.clone()
        for at, own in places.items():
            output[0, at:at + len(own)] = own
        return output

    hook = TABLE.register_forward_hook(replace)
    with torch.no_grad():
        encoding = TEXT(input_ids=row).last_hidden_state
    hook.remove()
    factors = torch.ones(77)
    factors[1:1 + len(weights)] = torch.tensor(weights)
    mean = encoding.mean()
    weighted = encoding * factors[None, :, None]
    return weighted * (mean / weighted.mean())


results = {}
for run, (prompt, negative) in RUNS.items():
    contexts = [encode(prompt), encode(negative)]
    results[run] = draw(UNET, contexts, STEPS, CFG, SEED, SIZE)
    results[f"{run} prompt"] = contexts[0][0, :12].contiguous()
    print(run, f"{(results[run] - results['words']).norm() / results['words'].norm():.3f}")

by = f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, float32"
(FIXTURES / "embedding-runs.json").write_text(json.dumps({
    "madeBy": by, "steps": STEPS, "cfg": CFG, "seed": SEED, "size": SIZE * 8, "width": CONTEXT, "scale": 2 ** -5, "files": FILES, "runs": RUNS,
}, indent=1) + "\n")
safetensors.torch.save_file(results, FIXTURES / "embedding-runs.safetensors", {"madeBy": by})
