"""Records torch's element-wise functions and their gradients in double precision, kinks included. Writes tests/fixtures/elementwise.json."""
import json
import pathlib

import torch
import torch.nn.functional as F

OUT = pathlib.Path(__file__).parent.parent / "fixtures" / "elementwise.json"
POINTS = [-30.0, -6.5, -3.0, -1.702, -1.0, -0.3, -1e-9, 0.0, 1e-9, 0.3, 0.5, 1.0, 2.0, 3.5, 6.5, 30.0]
POSITIVE = [1e-9, 0.3, 0.5, 1.0, 2.0, 3.5, 30.0]
FUNCTIONS = {
    "negate": torch.neg,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "absolute": torch.abs,
    "sin": torch.sin,
    "cos": torch.cos,
    "tanh": torch.tanh,
    "erf": torch.erf,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "gelu": F.gelu,
    "quickGelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": F.relu,
    "leakyRelu": lambda x: F.leaky_relu(x, 0.2),
    "clamp": lambda x: torch.clamp(x, -1.0, 0.5),
    "softmax": lambda x: F.softmax(x, dim=-1),
}


def record(name, function):
    x = torch.tensor(POSITIVE if name in ("log", "sqrt") else POINTS, dtype=torch.float64, requires_grad=True)
    y = function(x)
    weights = torch.arange(1, len(x) + 1, dtype=torch.float64)
    (gradient,) = torch.autograd.grad((y * weights).sum(), x)
    return {"name": name, "x": x.tolist(), "y": y.tolist(), "gradient": gradient.tolist()}


cases = [record(name, function) for name, function in FUNCTIONS.items()]
OUT.write_text(json.dumps({"madeBy": f"torch {torch.__version__}, float64", "cases": cases}, indent=1) + "\n")
