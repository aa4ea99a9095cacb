"""Draws on the starter checkpoint with hypernetworks, in diffusers. Writes tests/fixtures/hypernetwork-runs.{json,safetensors,pt}.

The small networks are torch.nn.Sequential of Linear, activation, LayerNorm and Dropout, as hypernetwork files describe them; they stand before
to_k and to_v of every attention whose input is as wide as they are. Their weights are made from their names (seeded_weights.py).
"""
import json
import math

import diffusers
import numpy as np
import safetensors.torch
import torch
import transformers
from seeded_weights import integers
from starter_models import FIXTURES, draw, text_encoder, tokens, unet_model

STEPS, CFG, SEED, SIZE = 4, 5.0, 77, 8
PROMPT = "red apple"
ACTIVATIONS = {name.lower(): kind for name, kind in vars(torch.nn.modules.activation).items()
               if isinstance(kind, type) and issubclass(kind, torch.nn.Module) and kind.__module__ == "torch.nn.modules.activation"}
ACTIVATIONS |= {"linear": torch.nn.Identity, "swish": torch.nn.Hardswish}
# A halved width, a list of inputs and a missing bound: torch cannot build or run these here.
UNUSABLE = {"glu", "multiheadattention", "threshold", "module"}

FILES = {
    "plain": {"widths": [64, 128, 256], "structure": [1, 2, 1], "activation": "linear", "norm": False, "output": False, "dropout": [0, 0, 0]},
    "deep": {"widths": [128, 256], "structure": [1, 1.5, 2, 1], "activation": "relu", "norm": True, "output": True, "dropout": [0, 0.3, 0.3, 0]},
    "text": {"widths": [128], "structure": [1, 2, 1], "activation": "swish", "norm": True, "output": False, "dropout": [0, 0, 0]},
    "soft": {"widths": [64, 256], "structure": [1, 0.5, 1], "activation": "softmax", "norm": False, "output": False, "dropout": [0, 0, 0]},
    "sloped": {"widths": [128], "structure": [1, 0.5, 1], "activation": "prelu", "norm": False, "output": True, "dropout": [0, 0.3, 0]},
}
RUNS = {
    "without": [], "plain": [("plain", 0.8)], "negative": [("plain", -0.6)], "deep": [("deep", 1.0)], "text": [("text", 1.0)],
    "soft": [("soft", 1.0)], "sloped": [("sloped", 1.0)], "chain": [("plain", 0.5), ("deep", 0.7), ("text", 0.4)],
    "back": [("text", 0.4), ("deep", 0.7), ("plain", 0.5)],
}


def network(width, rule):
    steps = []
    structure = rule["structure"]
    for i in range(len(structure) - 1):
        steps.append(torch.nn.Linear(int(width * structure[i]), int(width * structure[i + 1])))
        if i < len(structure) - 2 or rule["output"]:
            if rule["activation"] != "linear":
                steps.append(ACTIVATIONS[rule["activation"]]())
        if rule["norm"]:
            steps.append(torch.nn.LayerNorm(int(width * structure[i + 1])))
        if rule["dropout"][i + 1] > 0:
            steps.append(torch.nn.Dropout(rule["dropout"][i + 1]))
    return torch.nn.Sequential(*steps).eval()


def weights(file, key, shape):
    whole = torch.from_numpy((integers(f"{file} {key}", math.prod(shape)).reshape(shape) / 1024).astype(np.float32))
    return whole * 2 ** -3 if len(shape) > 1 else 1 + whole / 4 if key.endswith("weight") else whole / 8


def made(file, rule):
    """width -> (network for keys, network for values)."""
    found = {}
    for width in rule["widths"]:
        pair = []
        for part in (0, 1):
            own = network(width, rule)
            own.load_state_dict({key: weights(file, f"{width}.{part}.linear.{key}", tuple(value.shape)) for key, value in own.state_dict().items()})
            pair.append(own)
        found[width] = pair
    return found


NETWORKS = {file: made(file, rule) for file, rule in FILES.items()}


def changed(x, uses, part):
    for file, strength in uses:
        pair = NETWORKS[file].get(x.shape[-1])
        if pair is not None:
            x = x + pair[part](x) * strength
    return x


TEXT, UNET = text_encoder(), unet_model()
with torch.no_grad():
    CONTEXTS = [TEXT(input_ids=tokens(text)).last_hidden_state for text in (PROMPT, "")]
results = {}
for run, uses in RUNS.items():
    hooks = []
    for name, module in UNET.named_modules():
        if name.endswith(("attn1", "attn2")):
            for part, layer in enumerate((module.to_k, module.to_v)):
                hooks.append(layer.register_forward_pre_hook(lambda _, inputs, part=part: (changed(inputs[0], uses, part),)))
    results[run] = draw(UNET, CONTEXTS, STEPS, CFG, SEED, SIZE)
    for hook in hooks:
        hook.remove()
    print(run, len(hooks), f"{(results[run] - results['without']).norm() / results['without'].norm():.3f}")

# Every activation on numbers from -8 to 8, as a context [2, 3, 5].
x = torch.linspace(-8, 8, 30).reshape(2, 3, 5)
answers = {}
for name, kind in sorted(ACTIVATIONS.items()):
    if name not in UNUSABLE:
        with torch.no_grad():
            answers[name] = [float(value) for value in kind().eval()(x).flatten()]

by = f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, torch {torch.__version__}, float32"
(FIXTURES / "hypernetwork-runs.json").write_text(json.dumps({
    "madeBy": by, "prompt": PROMPT, "steps": STEPS, "cfg": CFG, "seed": SEED, "size": SIZE * 8, "files": FILES,
    "runs": {run: [{"file": file, "strength": strength} for file, strength in uses] for run, uses in RUNS.items()},
    "activations": {"x": [float(value) for value in x.flatten()], "answers": answers, "slope": 0.25},
}) + "\n")
safetensors.torch.save_file(results, FIXTURES / "hypernetwork-runs.safetensors", {"madeBy": by})

# One file as A1111 saves it, with dropout, so that the numbers of the layers have holes; small, and in half precision.
small = {"widths": [64], "structure": [1, 0.25, 1], "activation": "relu", "norm": True, "output": True, "dropout": [0, 0.3, 0]}
torch.save({
    **{width: tuple({f"linear.{key}": value.half() for key, value in own.state_dict().items()} for own in pair) for width, pair in made("small", small).items()},
    "step": 1200, "name": "small", "layer_structure": small["structure"], "activation_func": "relu", "is_layer_norm": True,
    "weight_initialization": "Normal", "sd_checkpoint": "925997e9", "sd_checkpoint_name": "animefull", "activate_output": True,
    "use_dropout": True, "dropout_structure": small["dropout"], "last_layer_dropout": False, "optional_info": "sculptures",
}, FIXTURES / "hypernetwork.pt")
