"""Records how Python writes values in every pickle protocol, and a sample of every opcode. Writes
tests/fixtures/pickle-values.json."""
import base64
import collections
import json
import pathlib
import pickle
import pickletools
import platform
import zlib

OUT = pathlib.Path(__file__).parent.parent / "fixtures" / "pickle-values.json"

shared = ["shared"]
VALUES = {
    "constants": [None, True, False],
    "integers": [0, 1, -1, 255, 256, 65535, 65536, -(2**31), 2**31, 2**53 - 1, -(2**53) + 1, 2**53, 2**63, -(2**200)],
    "floats": [0.0, -0.5, 1e300, 5e-324, float("inf"), float("-inf")],
    "texts": ["", "a", "丹青", "\U0001f3a8", "line\nbreak\\u0041\r", "x" * 300, "\x00\x7f\x80\xff"],
    "bytes": [b"", b"abc", bytes(range(256)), bytes(300)],
    "bytearrays": [bytearray(b"abc")],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((1,), ())],
    "dicts": [{}, {"a": 1}, {1: "x", "b": {"c": []}}, {(1, 2): "tuple"}],
    "sets": [{1}, frozenset([2]), set(), frozenset()],
    "ordered": [collections.OrderedDict(a=1, b=2), collections.OrderedDict()],
    "others": [collections.Counter("aab"), collections.defaultdict(list, {"k": [1]}), 2 + 3j],
    "shared": [shared, shared, {"again": shared}],
    "long lists": [[None] * 1001, {str(i): None for i in range(1001)}],
}


def tagged(value):
    """JSON that keeps apart what Python does."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return {"int": str(value)}
        case float():
            return {"float": repr(value)}
        case bytes() | bytearray():
            return {"bytes": value.hex()}
        case complex():
            return {"tuple": [tagged(value.real), tagged(value.imag)]}
        case tuple():
            return {"tuple": [tagged(item) for item in value]}
        case list():
            return [tagged(item) for item in value]
        case set() | frozenset():
            return {"set": [tagged(item) for item in value]}
        case dict():
            return {"dict": [[tagged(key), tagged(item)] for key, item in value.items()]}


ARGUMENTS = {
    None: b"", "uint1": b"\x05", "uint2": b"\x05\x01", "int4": b"\x05\0\0\0", "uint4": b"\x05\0\0\0", "uint8": b"\x05" + bytes(7),
    "stringnl": b"'text'\n", "stringnl_noescape": b"5\n", "stringnl_noescape_pair": b"some\nname\n", "string4": b"\x03\0\0\0abc",
    "string1": b"\x03abc", "bytes1": b"\x03abc", "bytes4": b"\x03\0\0\0abc", "bytes8": b"\x03" + bytes(7) + b"abc",
    "bytearray8": b"\x03" + bytes(7) + b"abc", "unicodestringnl": b"text\n", "unicodestring1": b"\x03abc",
    "unicodestring4": b"\x03\0\0\0abc", "unicodestring8": b"\x03" + bytes(7) + b"abc", "decimalnl_short": b"5\n",
    "decimalnl_long": b"5L\n", "floatnl": b"1.5\n", "float8": bytes(8), "long1": b"\x01\x05", "long4": b"\x01\0\0\0\x05",
}  # fmt: skip

OUT.write_text(
    json.dumps(
        {
            "made by": "tests/oracles/pickle_values.py with Python " + platform.python_version(),
            "values": {
                label: {
                    "wanted": tagged(value),
                    "deflated": [base64.b64encode(zlib.compress(pickle.dumps(value, protocol), 9)).decode() for protocol in range(6)],
                }
                for label, value in VALUES.items()
            },
            "opcodes": {
                op.name: (op.code.encode("latin-1") + ARGUMENTS[op.arg.name if op.arg else None]).hex() for op in pickletools.opcodes
            },
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).replace('},"', '},\n"')
    + "\n"
)
