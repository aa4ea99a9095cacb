"""Makes files that try to harm, deceive or exhaust readers of pickles, each by what Python's pickle and zip formats can
express, and asks picklescan what it sees in them. None is ever loaded. Writes tests/fixtures/pickles.json."""
import base64
import collections
import contextlib
import importlib.metadata
import io
import json
import os
import pathlib
import pickle
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import torch
from picklescan import scanner

OUT = pathlib.Path(__file__).parent.parent / "fixtures" / "pickles.json"
MAGIC = 0x1950A86A20F9469CFC6C


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *args):
        self.reduced = (function, args)

    def __reduce__(self):
        return self.reduced


def text(value):
    raw = value.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def short(value):
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def call(module, attribute, argument="echo pwned"):
    return b"\x80\x02" + name(module, attribute) + text(argument) + b"\x85R."


def zipped(members, compression=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return out.getvalue()


def torch_zip(content, **options):
    return zipped([("archive/data.pkl", content), ("archive/version", b"3\n")], **options)


def patched(data, at, value):
    return data[:at] + value + data[at + len(value) :]


def directory_at(data):
    return struct.unpack("<I", data[data.rindex(b"PK\x05\x06") + 16 :][:4])[0]


def dangerous():
    """Every way to name a function and have it called."""
    for protocol in range(6):
        yield f"reduce, protocol {protocol}", pickle.dumps(Call(os.system, "echo pwned"), protocol)
    yield "in a state dict", pickle.dumps({"weight": [1, Call(os.system, "echo pwned")]}, 2)
    yield "inst", b"(S'echo pwned'\nios\nsystem\n."
    yield "obj", b"(cos\nsystem\nS'echo pwned'\no."
    yield "newobj", b"\x80\x02" + name("subprocess", "Popen") + text("ls") + b"\x85\x81."
    yield "newobj_ex", b"\x80\x04" + short("subprocess") + short("Popen") + b"\x93" + short("ls") + b"\x85}\x92."
    yield "stack_global", b"\x80\x04" + short("os") + short("system") + b"\x93" + short("ls") + b"\x85R."
    yield "stack_global from memo", (
        b"\x80\x04" + short("system") + b"\x94" + b"0" + short("os") + b"\x94" + b"0" + b"h\x01h\x00\x93" + short("ls") + b"\x85R."
    )
    yield "stack_global over a mark", b"\x80\x04" + short("os") + b"(1" + short("system") + b"\x93" + short("ls") + b"\x85R."
    yield "stack_global with decoys", (
        b"\x80\x04" + short("os") + short("system") + short("collections") + short("OrderedDict") + b"00\x93" + short("ls") + b"\x85R."
    )
    yield "stack_global of python 2 texts", b"\x80\x04U\x02osU\x06system\x93U\x02ls\x85R."
    yield "stack_global of escaped texts", b"\x80\x04Vo\\u0073\nVsy\\u0073tem\n\x93" + short("ls") + b"\x85R."
    yield "stack_global from a tuple", (
        b"\x80\x04" + short("os") + b"\x94" + short("system") + b"\x94\x86\x940h\x00h\x01\x93" + short("ls") + b"\x85R."
    )
    yield "name with dots", b"\x80\x04" + short("torch") + short("os.system") + b"\x93" + short("ls") + b"\x85R."
    yield "name through a class", (
        b"\x80\x04" + short("collections") + short("OrderedDict.__init__.__globals__") + b"\x93."
    )
    yield "getattr", b"\x80\x02" + name("builtins", "getattr") + name("os", "path") + text("join") + b"\x86R."
    yield "old builtins", call("__builtin__", "eval", "1")
    yield "exec", pickle.dumps(Call(exec, "1"), 2)
    yield "import", pickle.dumps(Call(__import__, "os"), 4)
    yield "partial", b"\x80\x02" + name("functools", "partial") + name("os", "system") + text("ls") + b"\x86R)R."
    yield "pickle in a pickle", call("pickle", "loads")
    yield "torch.load", call("torch.serialization", "load", "other.pt")
    yield "storage from bytes", call("torch.storage", "_load_from_bytes")
    yield "torch.hub", call("torch.hub", "load")
    yield "rebuild with a foreign function", (
        b"\x80\x02" + name("torch._tensor", "_rebuild_from_type_v2") + b"(" + name("os", "system")
        + name("torch", "Tensor") + text("ls") + b"\x85}tR."
    )  # fmt: skip
    yield "state of a foreign object", b"\x80\x02" + name("pdb", "Pdb") + b")\x81}" + text("a") + text("b") + b"sb."
    yield "setitem of a foreign object", b"\x80\x02" + name("shelve", "open") + text("x") + b"\x85R" + text("a") + text("b") + b"s."
    yield "reconstructor", b"ccopy_reg\n_reconstructor\n(csubprocess\nPopen\nc__builtin__\nobject\nNtR."
    yield "extension", b"\x80\x02\x82\x05)R."
    yield "called before it breaks", b"\x80\x02" + name("os", "system") + text("ls") + b"\x85R\xff"
    yield "called before it ends", b"\x80\x02" + name("os", "system") + text("ls") + b"\x85R"
    yield "called after nonsense", b"\x80\x02N(" + name("os", "system") + text("ls") + b"\x85R1a."
    yield "named after it breaks", b"\x80\x02NN\x93" + name("os", "system") + b"."
    yield "in the second pickle", b"\x80\x02N." + call("os", "system")
    yield "in the third pickle", b"\x80\x02N.\x80\x04}." + call("posix", "system")
    yield "behind many values", b"\x80\x02" + b"N0" * 1_000_100 + call("os", "system")[2:]
    yield "behind long bytes", b"\x80\x03B" + struct.pack("<I", 300_000) + bytes(300_000) + b"0" + call("os", "system")[2:]
    yield "persistent id", b"\x80\x02" + name("os", "system") + b"Q."
    yield "as key of a dict", b"\x80\x02}" + name("os", "system") + b"Ns."


def containers():
    """The same in every container."""
    evil = call("os", "system")
    yield "torch zip", torch_zip(evil)
    yield "torch zip, deflated", torch_zip(evil, compression=zipfile.ZIP_DEFLATED)
    yield "zip under another name", zipped([("x/readme.txt", b"hello"), ("x/weights.bin", evil)])
    yield "zip without ending", zipped([("x/data", evil)])
    yield "zip in a zip", zipped([("inner.zip", torch_zip(evil))])
    yield "wrong checksum", torch_zip(evil).replace(struct.pack("<I", zlib.crc32(evil)), b"\0\0\0\1")
    data = torch_zip(evil)
    yield "marked as encrypted", patched(data, directory_at(data) + 8, b"\x01\x08")
    yield "tar", tarred([("pickle", evil), ("storages", b"\x80\x02K\x00."), ("tensors", b"\x80\x02K\x00.")])
    yield "tar, between storages", tarred([
        ("pickle", b"\x80\x02}."),
        ("storages", b"\x80\x02K\x02.\x80\x02(K\x01U\x03cpuctorch\nFloatStorage\nt." + struct.pack("<q", 2) + bytes(8) + evil),
        ("tensors", b"\x80\x02K\x00."),
    ])  # fmt: skip
    legacy = pickle.dumps(MAGIC, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2)
    yield "legacy", legacy + evil + pickle.dumps([], 2)
    yield "legacy, in the keys", legacy + pickle.dumps({}, 2) + evil
    yield "legacy, magic computed", pickle.dumps(Call(eval, "MAGIC_NUMBER"), 2) + pickle.dumps(1001, 2)
    out = io.BytesIO()
    np.save(out, np.array([Call(os.system, "ls")], dtype=object), allow_pickle=True)
    yield "npy of objects", out.getvalue()
    yield "npz of objects", zipped([("a.npy", out.getvalue())])
    yield "7z", b"7z\xbc\xaf\x27\x1c" + bytes(32)
    yield "zip behind a pickle", b"\x80\x02N." + torch_zip(evil)


def tarred(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for member, content in members:
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def deceitful():
    """Archives whose parts contradict each other, and sizes that lie. There is no harmful name in them."""
    plain = b"\x80\x02}."
    data = torch_zip(plain)
    at = directory_at(data)
    yield "directory cut off", data[: at + 20]
    yield "end cut off", data[:-4]
    yield "bytes before the archive", b"MZ" + data
    yield "bytes behind the archive", data + b"tail"
    yield "another name in the header", patched(data, data.index(b"archive/data.pkl"), b"archive/date.pkl")
    yield "another method in the header", patched(data, 8, b"\x08\0")
    yield "another size in the header", patched(data, 18, b"\x01\0\0\0")
    yield "two sizes for stored data", patched(data, at + 24, struct.pack("<I", 5))
    yield "size beyond the file", patched(data, at + 20, struct.pack("<II", 2**31, 2**31))
    yield "header beyond the file", patched(data, at + 42, struct.pack("<I", 2**31))
    yield "more entries than there are", patched(data, len(data) - 12, struct.pack("<H", 9))
    yield "directory elsewhere", patched(data, len(data) - 6, struct.pack("<I", 3))
    yield "zip64 end elsewhere", data[:-22] + struct.pack("<IIQI", 0x07064B50, 0, 2**40, 1) + data[-22:]
    yield "part of a set", patched(data, len(data) - 18, b"\x02\0")
    yield "unknown packing", patched(data, at + 10, b"\x63\0")
    yield "locked", patched(data, at + 8, b"\x01\0")
    yield "name with a zero byte", data.replace(b"archive/version", b"archive/v\0rsion")
    yield "two data.pkl", zipped([("a/data.pkl", plain), ("b/data.pkl", plain)])
    yield "no data.pkl", zipped([("readme.txt", b"hello")])
    with contextlib.redirect_stderr(io.StringIO()):
        yield "one name twice", zipped([("a/data.pkl", plain), ("a/data.pkl", plain)])
    yield "overlapping members", overlapping(plain)
    packed = torch_zip(plain + bytes(100), compression=zipfile.ZIP_DEFLATED)
    at = directory_at(packed)
    yield "packed size that lies", patched(packed, at + 24, struct.pack("<I", 2**30))
    yield "packed size that lies a little", patched(packed, at + 24, struct.pack("<I", 90))
    yield "packed data that is none", patched(packed, packed.index(b"data.pkl") + 8, b"\xff\xff\xff")
    yield "bomb", zipped([("a/data.pkl", b"\x80\x02" + b"N0" * 5_000_000 + b"N.")], zipfile.ZIP_DEFLATED)
    missing = pickle_of_tensor(b"data/7")
    yield "storage that is missing", torch_zip(missing)
    yield "storage too short", zipped([("a/data.pkl", pickle_of_tensor(b"0")), ("a/data/0", b"1234")])
    yield "no byte order", zipped([("a/data.pkl", plain), ("a/byteorder", b"middle")])


def overlapping(content):
    data = zipped([("a/data.pkl", content), ("a/version", b"3\n")])
    at = directory_at(data)
    second = data.index(b"PK\x01\x02", at + 1)
    return patched(data, second + 42, struct.pack("<I", 10))


def pickle_of_tensor(key, count=4, offset=0, size=b"K\x04\x85", stride=b"K\x01\x85", kind=b"FloatStorage"):
    raw = key.decode()
    return (
        b"\x80\x02" + name("torch._utils", "_rebuild_tensor_v2") + b"((" + text("storage") + b"ctorch\n" + kind + b"\n"
        + text(raw) + text("cpu") + b"J" + struct.pack("<i", count) + b"tQJ" + struct.pack("<i", offset)
        + size + stride + b"\x89Nt R.".replace(b" ", b"")
    )  # fmt: skip


def broken():
    """Pickles that are wrong, or that try to exhaust a reader."""
    yield "empty", b""
    yield "only a protocol", b"\x80\x02"
    yield "protocol of the future", b"\x80\x09N."
    yield "no opcode", b"\x80\x02\xff."
    yield "nothing on the stack", b"\x80\x02."
    yield "mark without values", b"\x80\x02t."
    yield "tuple of too little", b"\x80\x02N\x87."
    yield "below a mark", b"\x80\x02N(R."
    yield "memo never set", b"\x80\x02h\x07."
    yield "memo far away", b"\x80\x02Nr\xff\xff\xff\xffj\xff\xff\xff\xff."
    yield "append to None", b"\x80\x02NNa."
    yield "set an item of a number", b"\x80\x02K\x01NNs."
    yield "key without value", b"\x80\x02}(Nu."
    yield "list as key", b"\x80\x02}]Ns."
    yield "call of a number", b"\x80\x02K\x01)R."
    yield "arguments that are no tuple", b"\x80\x02ccollections\nOrderedDict\nNR."
    yield "state of a number", b"\x80\x02K\x01Nb."
    yield "number that is none", b"Iabc\n."
    yield "long that is none", b"L12z\n."
    yield "float that is none", b"Fone\n."
    yield "text without quotes", b"Sabc\n."
    yield "line without end", b"\x80\x02cos"
    yield "text longer than the file", b"\x80\x02X\xff\xff\xff\x7fabc."
    yield "text of 2**63 bytes", b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7fabc."
    yield "bytes of 2**63 bytes", b"\x80\x04\x8e" + b"\xff" * 8 + b"abc."
    yield "bytearray of 2**62 bytes", b"\x80\x05\x96" + b"\xff" * 7 + b"\x3fabc."
    yield "long of 2**31 bytes", b"\x80\x02\x8b\xff\xff\xff\x7fabc."
    yield "long of 1 MB", b"\x80\x02\x8b\x00\x00\x10\x00" + bytes(2**20) + b"."
    yield "integer of 100,000 digits", b"I" + b"9" * 100_000 + b"\n."
    yield "frame of 2**62 bytes", b"\x80\x04\x95" + b"\xff" * 7 + b"\x3f}."
    yield "bytes from elsewhere", b"\x80\x05\x97."
    yield "deep lists", b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b"."
    yield "deep tuples", b"\x80\x02N" + b"\x85" * 200_000 + b"."
    yield "deep dicts", b"\x80\x02}" + b"".join(b"K\x01}" for _ in range(50_000)) + b"s" * 50_000 + b"."
    yield "many marks", b"\x80\x02" + b"(" * 500_000 + b"."
    yield "list in itself", b"\x80\x02]q\x00h\x00a."
    yield "dict in itself", b"\x80\x02}q\x00K\x01h\x00s."
    yield "billion laughs", b"\x80\x02]" + laughs()
    yield "billion laughs of tuples", b"\x80\x02N" + b"2\x86" * 60 + b"."
    yield "billion laughs of dicts", b"\x80\x02N" + b"".join(b"q\x00}(" + b"".join(b"K" + bytes([k]) + b"h\x00" for k in range(8)) + b"u" for _ in range(30)) + b"."
    yield "three million values", b"\x80\x02" + b"N0" * 1_500_000 + b"N."
    yield "tensor outside its storage", zipped([("a/data.pkl", pickle_of_tensor(b"0", size=b"K\x05\x85")), ("a/data/0", bytes(16))])
    yield "tensor far outside", zipped([("a/data.pkl", pickle_of_tensor(b"0", offset=2**31 - 1)), ("a/data/0", bytes(16))])
    yield "tensor with a negative size", zipped([("a/data.pkl", pickle_of_tensor(b"0", size=b"J\xff\xff\xff\xff\x85")), ("a/data/0", bytes(16))])
    yield "tensor with a negative stride", zipped([("a/data.pkl", pickle_of_tensor(b"0", stride=b"J\xff\xff\xff\xff\x85")), ("a/data/0", bytes(16))])
    yield "tensor with one stride too many", zipped([("a/data.pkl", pickle_of_tensor(b"0", stride=b"K\x01K\x01\x86")), ("a/data/0", bytes(16))])
    yield "tensor without storage", b"\x80\x02" + name("torch._utils", "_rebuild_tensor_v2") + b"(NK\x00)) tR.".replace(b" ", b"")
    yield "tensor of a trillion", zipped([("a/data.pkl", pickle_of_tensor(b"0", size=b"J\x00\x00\x00\x7fJ\x00\x00\x00\x7f\x86", stride=b"K\x00K\x00\x86")), ("a/data/0", bytes(16))])
    yield "numpy of a wrong size", numpy_state(b"K\x09\x85", b"f4")
    yield "numpy of objects", numpy_state(b"K\x01\x85", b"O8")
    yield "numpy of __proto__", numpy_state(b"K\x01\x85", b"__proto__")
    yield "storage of two sizes", zipped([("a/data.pkl", b"\x80\x02(" + pickle_of_tensor(b"0")[2:-1] + pickle_of_tensor(b"0", count=2, size=b"K\x02\x85")[2:-1] + b"t."), ("a/data/0", bytes(16))])
    yield "expanded beyond reason", zipped([("a/data.pkl", pickle_of_tensor(b"0", size=b"J\x00\x00\x00\x10\x85", stride=b"K\x00\x85")), ("a/data/0", bytes(16))])
    yield "two tensors of one name", zipped([("a/data.pkl", b"\x80\x02}(" + text("a.b") + pickle_of_tensor(b"0")[2:-1] + text("a") + b"}" + text("b") + pickle_of_tensor(b"0")[2:-1] + b"su."), ("a/data/0", bytes(16))])
    yield "sparse tensor", b"\x80\x02" + name("torch._utils", "_rebuild_sparse_tensor") + b")R."


def laughs():
    body = b"q\x00"
    for level in range(1, 40):
        body += b"](" + b"h" + bytes([level - 1])
        body += b"h" + bytes([level - 1]) + b"e" + b"q" + bytes([level])
    return body + b"."


def numpy_state(shape, code):
    return (
        b"\x80\x02" + name("numpy.core.multiarray", "_reconstruct") + name("numpy", "ndarray") + b"K\x00\x85" + text("b")
        + b"\x87R(K\x01" + shape + name("numpy", "dtype") + text(code.decode()) + b"K\x00K\x01\x87R\x89C\x041234tb."
    )  # fmt: skip


def harmless():
    """What careful readers must not cry out at."""
    yield "numbers", pickle.dumps([1, 2.5, 2**70, -(2**63), True, None, "x", b"y", (1, 2), {"k": {1, 2}}], 4)
    state = collections.OrderedDict(weight=torch.ones(2))
    out = io.BytesIO()
    torch.save(state, out)
    yield "state dict", out.getvalue()
    out = io.BytesIO()
    torch.save(state, out, _use_new_zipfile_serialization=False)
    yield "legacy state dict", out.getvalue()
    out = io.BytesIO()
    np.save(out, np.ones(3, dtype="f4"))
    yield "npy", out.getvalue()
    yield "npz", zipped([("a.npy", out.getvalue())])
    yield "numpy", pickle.dumps({"a": np.ones(3, dtype="f4"), "b": np.float32(1)}, 2)


def unknown():
    """Names that nobody knows to be harmless."""
    yield "a class of somebody", call("somewhere.models", "Net")
    yield "a path", pickle.dumps(pathlib.PurePosixPath("/x"), 2)


def second_opinion(data):
    """What picklescan finds. It reads some broken files as no pickle at all."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            result = scanner.scan_bytes(io.BytesIO(data), "x", ".pt")
        except Exception as error:
            return {"error": type(error).__name__}
    return {"globals": sorted([item.module, item.name, item.safety.value] for item in result.globals)}


def grades():
    """picklescan's own lists, name by name."""
    result = {}
    for names, label in ((scanner._safe_globals, "innocuous"), (scanner._unsafe_globals, "dangerous")):
        for module, attributes in names.items():
            listed = ["anything"] if attributes == "*" else [attributes] if isinstance(attributes, str) else sorted(attributes)
            for attribute in listed:
                result[f"{module} {attribute}"] = label
    return result


import logging  # noqa: E402

logging.disable(logging.CRITICAL)
groups = {
    "dangerous": dangerous(), "containers": containers(), "deceitful": deceitful(), "broken": broken(),
    "harmless": harmless(), "unknown": unknown(),
}  # fmt: skip
OUT.write_text(
    json.dumps(
        {
            "made by": "tests/oracles/pickles.py with picklescan " + importlib.metadata.version("picklescan"),
            "grades": grades(),
            "files": {
                group: {
                    label: {"deflated": base64.b64encode(zlib.compress(data, 9)).decode(), "picklescan": second_opinion(data)}
                    for label, data in files
                }
                for group, files in groups.items()
            },
        },
        separators=(",", ":"),
    ).replace('},"', '},\n"')
    + "\n"
)
