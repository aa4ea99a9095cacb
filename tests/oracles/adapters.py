"""Runs lycoris-lora's and peft's modules on layers of every shape. Writes tests/fixtures/adapters.{json,safetensors}.

Every case holds the names, shapes and numbers of a module's tensors as they are saved, whose values are made from their names
(seeded_weights.py), and the difference of the layer's weight: what the layer does with the module, less what it does without,
in float64.
"""
import json
import logging
import math
import pathlib

import numpy as np
import peft
import safetensors.torch
import torch
from importlib.metadata import version
from lycoris.modules.boft import ButterflyOFTModule
from lycoris.modules.diag_oft import DiagOFTModule
from lycoris.modules.dylora import DyLoraModule
from lycoris.modules.glora import GLoRAModule
from lycoris.modules.ia3 import IA3Module
from lycoris.modules.locon import LoConModule
from lycoris.modules.loha import LohaModule
from lycoris.modules.lokr import LokrModule
from seeded_weights import integers

logging.disable(logging.WARNING)
torch.set_default_dtype(torch.float64)
# In float64 throughout: some modules cast to float32 on the way.
torch.Tensor.float = lambda self: self.double()

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
cases, results = [], {}


def values(name, shape, size):
    """Multiples of size / 1024 that depend on the name alone."""
    return torch.from_numpy(integers(name, math.prod(shape)).reshape(shape) / 1024 * size)


def layer(shape):
    out, within, *kernel = shape
    if not kernel:
        return torch.nn.Linear(within, out, bias=False)
    return torch.nn.Conv2d(within, out, kernel, padding=kernel[0] // 2, bias=False)


def weight_of(run, shape):
    """The weight of a linear map that is there as a function: its Jacobian at one output place."""
    _, within, *kernel = shape
    middle = [k // 2 for k in kernel]

    def at_middle(x):
        y = run(x[None])[0]
        return y[:, middle[0], middle[1]] if kernel else y

    return torch.autograd.functional.jacobian(at_middle, torch.zeros(within, *kernel)).detach()


def record(name, kind, shape, tensors, numbers, delta, options=None):
    assert tuple(delta.shape) == tuple(shape), (name, delta.shape)
    cases.append({
        "name": name, "kind": kind, "shape": list(shape),
        "tensors": {key: [list(t), size] for key, (t, size) in tensors.items()}, "numbers": numbers, **(options or {}),
    })
    results[name] = delta.to(torch.float32).contiguous()
    print(name, tuple(shape), f"{delta.norm():.4f}")


def size_of(key):
    """How large the values of a tensor are; such that every part of a formula shows in the result."""
    if "oft_blocks" in key:
        return 0.25
    if "dora_scale" in key or "magnitude" in key:
        return 2.0
    return 0.5


RENAMED = {"oft_blocks": "boft_blocks"}


def lycoris(name, cls, kind, shape, dim=3, alpha=2.0, options=None, **settings):
    torch.manual_seed(0)
    base = layer(shape)
    base.weight.data = values(f"{name} base", shape, 1.0)
    module = cls(name, base, 1.0, lora_dim=dim, alpha=alpha, **settings).double()
    state = dict(module.named_parameters())
    tensors = {}
    for key, parameter in state.items():
        if key.startswith("org_module"):
            continue
        full = key
        stored = RENAMED.get(full, full) if kind == "boft" else full
        offset = 1 if key.endswith("rescale") else 2 if "dora_scale" in key else 0
        size = size_of(key)
        parameter.data = offset + values(f"{name} {stored}", tuple(parameter.shape), size if not offset else 0.5)
        tensors[stored] = (tuple(parameter.shape), size if not offset else 0.5)
    module.eval()
    module.apply_to()
    delta = weight_of(base, shape) - values(f"{name} base", shape, 1.0)
    saved = module.custom_state_dict() if hasattr(module, "custom_state_dict") else None
    numbers = {}
    if saved is None:
        saved = module.state_dict()
    for key, tensor in saved.items():
        if key in ("alpha", "on_input"):
            numbers[key] = float(tensor)
    if kind == "oft" or kind == "boft":
        numbers["alpha"] = float(module.alpha)
    missing = set(tensors) - {RENAMED.get(k, k) if kind == "boft" else k for k in saved}
    assert not missing, (name, missing, list(saved))
    record(name, kind, shape, tensors, numbers, delta, options)


LINEAR, ODD, SQUARE = (20, 12), (15, 21), (16, 16)
CONV1, CONV3, CONV3_ODD = (16, 8, 1, 1), (8, 6, 3, 3), (10, 9, 3, 3)
SHAPES = {"linear": LINEAR, "odd": ODD, "square": SQUARE, "conv1": CONV1, "conv3": CONV3, "odd conv3": CONV3_ODD}
for what, shape in SHAPES.items():
    lycoris(f"lora {what}", LoConModule, "lora", shape)
    lycoris(f"loha {what}", LohaModule, "loha", shape)
    lycoris(f"glora {what}", GLoRAModule, "glora", shape)
    lycoris(f"ia3 {what}", IA3Module, "ia3", shape)
    lycoris(f"lokr {what}", LokrModule, "lokr", shape, dim=2, factor=4)
    lycoris(f"lokr whole {what}", LokrModule, "lokr", shape, dim=100, factor=3)
    lycoris(f"lokr both {what}", LokrModule, "lokr", shape, dim=1, factor=-1, decompose_both=True)
    lycoris(f"oft {what}", DiagOFTModule, "oft", shape, dim=5)
    lycoris(f"oft rescaled {what}", DiagOFTModule, "oft", shape, dim=3, rescaled=True)
    lycoris(f"oft constrained {what}", DiagOFTModule, "oft", shape, dim=4, constraint=0.01, rescaled=True)
    lycoris(f"dora rows {what}", LoConModule, "lora", shape, weight_decompose=True, wd_on_out=True, options={"magnitudes": "lycoris"})
    lycoris(f"dora columns {what}", LoConModule, "lora", shape, weight_decompose=True, wd_on_out=False)
    lycoris(f"doha {what}", LohaModule, "loha", shape, weight_decompose=True, wd_on_out=False)
    lycoris(f"dokr {what}", LokrModule, "lokr", shape, dim=2, factor=4, weight_decompose=True, wd_on_out=True, options={"magnitudes": "lycoris"})
for what, shape, dim in (("linear", (24, 10), 6), ("square", SQUARE, 4), ("conv1", CONV1, 8), ("conv3", CONV3, 2), ("odd conv3", (12, 9, 3, 3), 6)):
    lycoris(f"boft {what}", ButterflyOFTModule, "boft", shape, dim=dim)
    lycoris(f"boft rescaled {what}", ButterflyOFTModule, "boft", shape, dim=dim, rescaled=True, constraint=0.02)
lycoris("ia3 inputs", IA3Module, "ia3", LINEAR, train_on_input=True)
lycoris("ia3 inputs conv3", IA3Module, "ia3", CONV3, train_on_input=True)
for what in ("conv3", "odd conv3"):
    lycoris(f"lora tucker {what}", LoConModule, "lora", SHAPES[what], use_tucker=True)
    lycoris(f"loha tucker {what}", LohaModule, "loha", SHAPES[what], use_tucker=True)
    lycoris(f"lokr tucker {what}", LokrModule, "lokr", SHAPES[what], dim=1, factor=2, use_tucker=True)


def with_peft(name, kind, shape, config, names, alpha=None, options=None):
    torch.manual_seed(0)
    net = torch.nn.Sequential()
    net.add_module("layer", layer(shape))
    net.layer.weight.data = values(f"{name} base", shape, 1.0)
    peft.inject_adapter_in_model(config, net)
    net.double()
    tensors = {}
    for key, parameter in net.named_parameters():
        if "base_layer" in key:
            continue
        parts = [part for part in key.split(".") if part not in ("layer", "default")]
        stored = names.get(".".join(parts), ".".join(parts))
        offset = 2 if stored == "magnitude" else 0
        parameter.data = offset + values(f"{name} {stored}", tuple(parameter.shape), 0.5)
        tensors[stored] = (tuple(parameter.shape), 0.5)
    net.eval()
    delta = weight_of(net, shape) - values(f"{name} base", shape, 1.0)
    record(name, kind, shape, tensors, {} if alpha is None else {"alpha": alpha}, delta, options)


LORA = {"lora_A.weight": "lora_down.weight", "lora_B.weight": "lora_up.weight", "lora_magnitude_vector.weight": "magnitude",
        "lora_magnitude_vector": "magnitude"}
for what, shape in SHAPES.items():
    # peft does not save alpha; who puts it into the file writes it as kohya does.
    with_peft(f"peft lora {what}", "lora", shape, peft.LoraConfig(r=4, lora_alpha=3, target_modules=["layer"]), LORA, 3.0)
    with_peft(f"peft dora {what}", "lora", shape, peft.LoraConfig(r=4, lora_alpha=4, target_modules=["layer"], use_dora=True), LORA)
    with_peft(f"peft loha {what}", "loha", shape, peft.LoHaConfig(r=3, alpha=2, target_modules=["layer"]), {}, 2.0)
    with_peft(f"peft lokr {what}", "lokr", shape, peft.LoKrConfig(r=2, alpha=2, target_modules=["layer"], decompose_factor=4), {}, 2.0)
with_peft("peft loha tucker", "loha", CONV3, peft.LoHaConfig(r=3, alpha=2, target_modules=["layer"], use_effective_conv2d=True), {}, 2.0)


# What only A1111 does, written out from its description: no copy of its code.
def described(name, kind, shape, tensors, numbers, formula, options=None):
    base = values(f"{name} base", shape, 1.0)
    made = {key: values(f"{name} {key}", s, size) + (2 if key == "dora_scale" else 0) for key, (s, size) in tensors.items()}
    record(name, kind, shape, tensors, numbers, formula(base, made), options)


R = 3
for what, shape in {"linear": LINEAR, "odd": ODD}.items():
    out, within = shape
    described(
        f"glora a1111 {what}", "glora", shape,
        {"a1.weight": ((R, within), 0.5), "a2.weight": ((within, R), 0.5), "b1.weight": ((R, within), 0.5), "b2.weight": ((out, R), 0.5)},
        {"alpha": 2.0},
        lambda w, t: t["b2.weight"] @ t["b1.weight"] + (w @ t["a2.weight"]) @ t["a1.weight"])
    for magnitudes, size in (("columns", (1, within)), ("rows as columns", (out, 1))):
        def a1111_dora(w, t):
            merged = w + t["lora_up.weight"] @ t["lora_down.weight"] * (2.0 / R)
            return merged * (t["dora_scale"] / merged.norm(dim=0, keepdim=True)) - w
        described(
            f"dora a1111 {magnitudes} {what}", "lora", shape,
            {"lora_up.weight": ((out, R), 0.5), "lora_down.weight": ((R, within), 0.5), "dora_scale": (size, 0.5)},
            {"alpha": 2.0}, a1111_dora)
described("lora scale", "lora", LINEAR, {"lora_up.weight": ((20, R), 0.5), "lora_down.weight": ((R, 12), 0.5)}, {"alpha": 2.0, "scale": 0.25},
          lambda w, t: 0.25 * t["lora_up.weight"] @ t["lora_down.weight"])
described("lora without alpha", "lora", LINEAR, {"lora_up.weight": ((20, R), 0.5), "lora_down.weight": ((R, 12), 0.5)}, {},
          lambda w, t: t["lora_up.weight"] @ t["lora_down.weight"])
described("lora dyn", "lora", LINEAR, {"lora_up.weight": ((20, 4), 0.5), "lora_down.weight": ((4, 12), 0.5)}, {"alpha": 2.0},
          lambda w, t: 0.5 * t["lora_up.weight"][:, :2] @ t["lora_down.weight"][:2], {"ranks": 2})
described("dylora", "lora", CONV3, {"lora_up.weight": ((8, 4), 0.5), "lora_down.weight": ((4, 6, 3, 3), 0.5)}, {"alpha": 2.0},
          lambda w, t: 0.5 * (t["lora_up.weight"] @ t["lora_down.weight"].flatten(1)).reshape(8, 6, 3, 3))
described("full", "full", CONV3, {"diff": (CONV3, 0.5)}, {"alpha": 2.0}, lambda w, t: t["diff"])
described("norm", "norm", (24,), {"w_norm": ((24,), 0.5), "b_norm": ((24,), 0.5)}, {}, lambda w, t: t["w_norm"])
described("oft diag", "oft", LINEAR, {"oft_diag": ((5, 4, 4), 0.5)}, {},
          lambda w, t: torch.einsum("knm,kni->kmi", t["oft_diag"], w.reshape(5, 4, 12)).reshape(20, 12) - w)
described("lora on inpainting", "lora", (8, 9, 3, 3), {"lora_up.weight": ((8, R, 1, 1), 0.5), "lora_down.weight": ((R, 4, 3, 3), 0.5)}, {"alpha": 3.0},
          lambda w, t: torch.nn.functional.pad((t["lora_up.weight"].flatten(1) @ t["lora_down.weight"].flatten(1)).reshape(8, 4, 3, 3), (0, 0, 0, 0, 0, 5)))

by = f"lycoris-lora {version('lycoris-lora')}, peft {peft.__version__}, torch {torch.__version__}, float64"
(FIXTURES / "adapters.json").write_text(
    '{"madeBy": ' + json.dumps(by) + ', "cases": [\n' + ",\n".join(map(json.dumps, cases)) + "\n]}\n")
safetensors.torch.save_file(results, FIXTURES / "adapters.safetensors", {"madeBy": by})
