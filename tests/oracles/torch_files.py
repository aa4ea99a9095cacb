"""Records what torch reads from real files, and makes small files of every kind that torch has ever written, with what
is in them. Writes tests/fixtures/torch-files.json. Real files are looked for in ../shared/data beside the checkout."""
import base64
import collections
import hashlib
import io
import json
import pathlib
import pickle
import struct
import tarfile
import tempfile
import zipfile
import zlib

import numpy as np
import torch

ROOT = pathlib.Path(__file__).parent.parent
SHARED = ROOT.parent.parent / "shared" / "data"
NAMES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2", torch.float8_e4m3fnuz: "F8_E4M3FNUZ",
    torch.float8_e5m2fnuz: "F8_E5M2FNUZ", torch.float8_e8m0fnu: "F8_E8M0",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint64: "U64", torch.uint32: "U32", torch.uint16: "U16", torch.uint8: "U8", torch.bool: "BOOL",
    torch.complex32: "C32", torch.complex64: "C64", torch.complex128: "C128",
}  # fmt: skip


def describe(name, tensor):
    tensor = tensor.detach().contiguous()
    data = tensor.flatten().view(torch.uint8) if tensor.numel() else torch.empty(0, dtype=torch.uint8)
    return [name, NAMES[tensor.dtype], list(tensor.shape), hashlib.sha256(data.numpy().tobytes()).hexdigest()]


def digest(rows):
    return hashlib.sha256("\n".join(json.dumps(row, separators=(",", ":")) for row in rows).encode()).hexdigest()


def real_files():
    result = {}
    for path in [
        "lora/catundchat_pytorch_lora_weights.bin",
        "lora/cloneofsimo_lora_disney.pt",
        "ti/fastai_learned_embeds.bin",
        "ti/gasai-yuno-200.pt",
        "ti/gasai-yuno-1000.pt",
        "annotators/mlsd_tiny_512_fp32.pth",
    ]:
        value = torch.load(SHARED / path, map_location="cpu", weights_only=True)
        if isinstance(value, list):
            value = {str(i): item for i, item in enumerate(value)}
        if "string_to_param" in value:
            value = {"string_to_param." + key: item for key, item in value["string_to_param"].items()}
        rows = [describe(name, tensor) for name, tensor in value.items()]
        result[path] = {"count": len(rows), "sha256": digest(rows)}
    return result


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def legacy(value, protocol=2):
    return saved(value, _use_new_zipfile_serialization=False, pickle_protocol=protocol)


def repacked(data, compression=zipfile.ZIP_STORED, change=lambda name, content: content):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", compression) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return out.getvalue()


def big_endian(tensor):
    data = saved({"weight": tensor})

    def change(name, content):
        if name.endswith("byteorder"):
            return b"big"
        if "/data/" in name:
            size = tensor.element_size() // (2 if tensor.is_complex() else 1)
            return np.frombuffer(content, dtype=f"u{size}").byteswap().tobytes()
        return content

    return repacked(data, change=change)


def tar(tensors, views):
    """The format of torch before 0.2: a tar of `storages`, `tensors` and a pickle whose persistent ids name tensors."""

    class Pickler(pickle.Pickler):
        def persistent_id(self, item):
            return str(1000 + list(tensors).index(item.key)) if isinstance(item, Reference) else None

    class Reference:
        def __init__(self, key):
            self.key = key

    storages, table, body = io.BytesIO(), io.BytesIO(), io.BytesIO()
    storage_types = {torch.float32: torch.FloatStorage, torch.float16: torch.HalfStorage, torch.int64: torch.LongStorage}
    bases = []
    for tensor in tensors.values():
        base = tensor.untyped_storage()
        if all(base.data_ptr() != other.data_ptr() for other, _ in bases):
            bases.append((base, tensor.dtype))
    pickle.dump(len(bases), storages, 2)
    for i, (base, dtype) in enumerate(bases):
        pickle.dump((i, "cpu", storage_types[dtype]), storages, 2)
        size = torch.empty(0, dtype=dtype).element_size()
        storages.write(struct.pack("<q", base.nbytes() // size) + bytes(base.tolist()))
    if views:
        pickle.dump([(10, 0, 1, 3)], storages, 2)
    else:
        pickle.dump([], storages, 2)
    pickle.dump(len(tensors), table, 2)
    for i, tensor in enumerate(tensors.values()):
        index = [base.data_ptr() for base, _ in bases].index(tensor.untyped_storage().data_ptr())
        offset = tensor.storage_offset()
        if views and i == 0:
            index, offset = 10, offset - 1
        pickle.dump((1000 + i, index, torch.FloatTensor), table, 2)
        table.write(struct.pack("<i4x", tensor.ndim))
        table.write(struct.pack(f"<{tensor.ndim}q", *tensor.shape) + struct.pack(f"<{tensor.ndim}q", *tensor.stride()))
        table.write(struct.pack("<q", offset))
    Pickler(body, 2).dump(collections.OrderedDict((name, Reference(name)) for name in tensors))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in [("sys_info", b""), ("pickle", body), ("tensors", table), ("storages", storages)]:
            raw = pickle.dumps({"protocol_version": 1000}, 2) if name == "sys_info" else content.getvalue()
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
    with tempfile.NamedTemporaryFile(suffix=".pt") as file:
        file.write(out.getvalue())
        file.flush()
        loaded = torch.load(file.name, weights_only=False)  # torch itself must agree that this is such a file
        for name, tensor in tensors.items():
            assert torch.equal(loaded[name], tensor), name
    return out.getvalue()


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(2, 3)
        self.register_buffer("steps", torch.tensor([5]))

    def forward(self, x):
        return self.inner(x) + self.steps


def script():
    module = torch.jit.script(Small())
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    return buffer.getvalue(), dict(module.state_dict())


def numpy_pickles():
    arrays = {
        "c": np.arange(6, dtype="<f4").reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6, dtype="<f8").reshape(2, 3)),
        "big": np.arange(4, dtype=">i4"),
        "half": np.arange(5, dtype="<f2"),
        "flags": np.array([True, False]),
        "long": np.arange(1100, dtype="<f4"),
        "empty": np.zeros((0, 3), dtype="<f4"),
    }
    expected = {name: torch.from_numpy(array.astype(array.dtype.newbyteorder("="))) for name, array in arrays.items()}
    value = {**arrays, "loss": np.float64(0.25), "step": np.int64(7), "name": "x"}
    for protocol in range(6):
        yield f"numpy protocol {protocol}", pickle.dumps(value, protocol), expected


def made_files():
    torch.manual_seed(0)
    weight, bias = torch.randn(3, 4), torch.randn(3)
    plain = {"layer.weight": weight, "layer.bias": bias}
    for protocol in (2, 3, 4, 5):
        yield f"zip protocol {protocol}", saved(plain, pickle_protocol=protocol), plain
    for protocol in (1, 2, 3, 4, 5):  # protocol 0 cannot write torch's persistent ids
        yield f"legacy protocol {protocol}", legacy(plain, protocol), plain

    every = {}
    for dtype, name in NAMES.items():
        raw = torch.arange(2 * torch.empty(0, dtype=dtype).element_size(), dtype=torch.uint8)
        every[name] = (raw % 2).view(dtype) if dtype == torch.bool else raw.view(dtype)
    yield "every dtype", saved(every), every
    old = {name: tensor for name, tensor in every.items() if name not in ("U16", "U32", "U64", "C32") and "F8" not in name}
    yield "every dtype, legacy", legacy(old), old

    base = torch.randn(4, 6)
    views = {
        "whole": base,
        "transposed": base.t(),
        "row": base[1],
        "column": base[:, 2],
        "window": base[1:3, 2:5],
        "every other": base[::2, ::3],
        "expanded": base[0:1].expand(3, 6),
        "channels last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        "scalar": base[2, 3],
        "empty": base[0:0],
        "one": base[3:4, 5:6],
    }
    yield "views", saved(views), views
    yield "views, legacy", legacy(views), views

    parameters = torch.nn.ParameterDict({"*": torch.nn.Parameter(weight)})
    embedding = {"string_to_token": {"*": 265}, "string_to_param": parameters, "name": "丹青", "step": 12, "sd_checkpoint": None}
    yield "textual inversion", saved(embedding), {"string_to_param.*": weight}
    yield "textual inversion, legacy", legacy(embedding), {"string_to_param.*": weight}

    layers = [{"linear.0.weight": torch.randn(4, 2), "linear.0.bias": torch.randn(4)} for _ in range(2)]
    network = {768: tuple(layers), "layer_structure": [1, 2, 1], "activation_func": "relu", "is_layer_norm": False, "step": 100}
    yield "hypernetwork", saved(network), {
        f"768.{i}.{name}": tensor for i, layer in enumerate(layers) for name, tensor in layer.items()
    }

    optimizer = {"state": {0: {"step": torch.tensor(3.0), "exp_avg": weight}}, "param_groups": [{"lr": 1e-4, "params": [0]}]}
    lightning = {
        "epoch": 3, "global_step": 840000, "pytorch-lightning_version": "1.4.2",
        "state_dict": collections.OrderedDict(plain), "optimizer_states": [optimizer], "lr_schedulers": [],
        "callbacks": {"best": {"monitor": "val/loss", "best_model_score": torch.tensor(0.5)}},
    }  # fmt: skip
    yield "lightning", saved(lightning), plain
    yield "params", saved({"params": {"a": bias}, "params_ema": plain}), plain
    yield "model beside optimizer", saved({"model": plain, "optimizer": optimizer, "epoch": 2}), plain
    yield "model beside vae", saved({"model": {"a": bias}, "vae": {"b": weight}}), {"model.a": bias, "vae.b": weight}
    yield "list", saved([torch.nn.Parameter(weight), bias]), {"0": weight, "1": bias}
    yield "nested lists", saved([[weight], (bias, {"x": bias})]), {"0.0": weight, "1.0": bias, "1.1.x": bias}
    yield "tensor", saved(weight), {"0": weight}
    yield "parameter", saved(torch.nn.Parameter(weight)), {"0": weight}
    yield "state dict of a module", saved(Small().state_dict()), None

    attributed = torch.randn(2)
    attributed.note = "kept"
    yield "tensor with attributes", saved({"a": attributed}), {"a": attributed}
    shared = {"tied.a": weight, "tied.b": weight, "tied.c": weight[1:]}
    yield "shared", saved(shared), shared
    yield "arrays beside tensors", saved({"t": weight, "n": np.arange(3, dtype="<f4")}), {"t": weight, "n": torch.arange(3.0)}
    long = {"n": np.arange(2000, dtype="<f4")}
    yield "arrays in a deflated pickle", repacked(saved(long, pickle_protocol=4), zipfile.ZIP_DEFLATED), {"n": torch.arange(2000.0)}
    yield "arrays in a stored pickle", saved(long, pickle_protocol=4), {"n": torch.arange(2000.0)}
    yield "untyped storage", saved({"u": torch.arange(4, dtype=torch.int16).view(torch.uint16)}), {"u": torch.arange(4, dtype=torch.int16).view(torch.uint16)}

    for tensor in (weight, weight.half(), weight.bfloat16(), torch.arange(4), torch.randn(2, dtype=torch.complex64)):
        yield f"big endian {NAMES[tensor.dtype]}", big_endian(tensor), {"weight": tensor}
    yield "deflated", repacked(saved(views), zipfile.ZIP_DEFLATED), views
    yield "repacked", repacked(saved(plain)), plain
    first = torch.randn(2, 5)
    yield "tar", tar({"a": first, "b": first.t(), "c": weight.half(), "d": torch.arange(3)}, views=False), None
    flat = torch.arange(5.0)
    yield "tar with views", tar({"a": flat[1:4], "b": flat}, views=True), {"a": flat[1:4], "b": flat}
    data, state = script()
    yield "TorchScript", data, state
    yield from numpy_pickles()


def load(name, data):
    with tempfile.NamedTemporaryFile(suffix=".pt") as file:
        file.write(data)
        file.flush()
        return torch.load(file.name, weights_only=False)


made = {}
for name, data, expected in made_files():
    expected = expected if expected is not None else load(name, data)
    made[name] = {
        "deflated": base64.b64encode(zlib.compress(data, 9)).decode(),
        "tensors": [describe(key, tensor) for key, tensor in expected.items()],
    }

(ROOT / "fixtures" / "torch-files.json").write_text(
    json.dumps(
        {
            "made by": f"tests/oracles/torch_files.py with torch {torch.__version__}, numpy {np.__version__}",
            "real": real_files(),
            "made": made,
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).replace('},"', '},\n"')
    + "\n"
)
