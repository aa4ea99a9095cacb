"""Has torch, zipfile and A1111's allow-list read torch files that Danqing writes, and records what torch saw: SHA-256 of each
file, and of every tensor after torch has saved it as safetensors. Writes tests/fixtures/torch-zip-written.json."""
import hashlib
import json
import pathlib
import pickletools
import re
import subprocess
import tempfile
import zipfile
import zlib

import safetensors
import torch
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).parent.parent
# From its description: members and globals that A1111 1.10 lets through.
MEMBERS = re.compile(r"^([^/]+)/((data/\d+)|version|byteorder|.data/serialization_id|(data\.pkl))$")
GLOBALS = {
    "collections OrderedDict",
    *(f"torch._utils {name}" for name in ("_rebuild_tensor_v2", "_rebuild_parameter", "_rebuild_device_tensor_from_numpy")),
    *(f"torch {kind}Storage" for kind in ("Float", "Half", "Int", "Long", "Double", "Byte", "BFloat16")),
    "torch float32",
}


def is_allowed(path):
    with zipfile.ZipFile(path) as archive:
        if not all(MEMBERS.match(name) for name in archive.namelist()):
            return False
        ops = pickletools.genops(archive.read("archive/data.pkl"))
        return all(arg in GLOBALS for op, arg, _ in ops if op.name == "GLOBAL")


def describe(path):
    """Number of tensors in a safetensors file, and a SHA-256 over name, dtype, shape and SHA-256 of the bytes of each."""
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    data = raw[8 + length :]
    rows = [
        f"{name} {entry['dtype']} {entry['shape']} {hashlib.sha256(data[slice(*entry['data_offsets'])]).hexdigest()}"
        for name, entry in sorted(header.items())
    ]
    return {"count": len(rows), "sha256": hashlib.sha256("\n".join(rows).encode()).hexdigest()}


def check(folder, path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    plain = torch.load(path, weights_only=True)
    mapped = torch.load(path, weights_only=True, mmap=True)
    full = torch.load(path, weights_only=False)
    assert list(plain) == list(mapped) == list(full)
    for name, tensor in plain.items():
        for other in (mapped[name], full[name]):
            assert tensor.dtype == other.dtype and tensor.shape == other.shape and tensor.is_contiguous()
            assert tensor.numel() == 0 or torch.equal(tensor.view(-1).view(torch.uint8), other.view(-1).view(torch.uint8))
    back = folder / "back.safetensors"
    # Types that the safetensors format has no name for are compared above only.
    save_file({name: tensor for name, tensor in plain.items() if tensor.dtype not in (torch.complex128, torch.complex32)}, back)
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "A1111": is_allowed(path), "tensors": describe(back)}


def check_large(path):
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("archive/data/0")
        crc, zeros = 0, bytes(1 << 24)
        for start in range(0, info.file_size, len(zeros)):
            crc = zlib.crc32(zeros[: info.file_size - start], crc)
        assert crc == info.CRC
        archive.read("archive/data/1")
    tensors = torch.load(path, weights_only=True, mmap=True)
    assert tensors["large"].shape == (2_200_000_000,) and tensors["behind"].tolist() == [0, 0, 0]
    return {"size": path.stat().st_size, "crc": info.CRC}


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    subprocess.run(["node", "--import", "tsx", ROOT / "oracles" / "write-torch-zips.ts", folder], check=True, cwd=ROOT.parent)
    result = {
        "made by": f"tests/oracles/torch_zip_written.py with torch {torch.__version__}, safetensors {safetensors.__version__}",
        "large": check_large(folder / "large.pt"),
        "files": {path.name: check(folder, path) for path in sorted(folder.glob("*")) if path.name != "large.pt"},
    }
(ROOT / "fixtures" / "torch-zip-written.json").write_text(json.dumps(result, indent=1) + "\n")
