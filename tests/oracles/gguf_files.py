"""Makes small GGUF files with the gguf package, and records what it says of every type. Writes tests/fixtures/gguf.json."""
import base64
import importlib.metadata
import json
import pathlib
import tempfile
import zlib

import gguf
import numpy as np
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

OUT = pathlib.Path(__file__).parent.parent / "fixtures" / "gguf.json"


def written(fill, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "x.gguf"
        writer = gguf.GGUFWriter(path, "flux", **options)
        fill(writer)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        reader = gguf.GGUFReader(path)
        return {
            "deflated": base64.b64encode(zlib.compress(path.read_bytes(), 9)).decode(),
            "tensors": [
                [t.name, t.tensor_type.name, [int(n) for n in reversed(t.shape)], int(t.data_offset), int(t.n_bytes)]
                for t in reader.tensors
            ],
        }


def every_type(writer):
    for kind, (elements, size) in GGML_QUANT_SIZES.items():
        writer.add_tensor(f"t.{kind.name}", np.zeros((2, size), dtype=np.uint8), raw_dtype=kind)
    writer.add_tensor("four", np.arange(24, dtype=np.float32).reshape(2, 3, 1, 4))


def metadata(writer):
    writer.add_uint8("a.u8", 255)
    writer.add_int8("a.i8", -1)
    writer.add_uint16("a.u16", 65535)
    writer.add_int16("a.i16", -2)
    writer.add_uint32("a.u32", 2**32 - 1)
    writer.add_int32("a.i32", -3)
    writer.add_float32("a.f32", 0.5)
    writer.add_uint64("a.u64", 2**63)
    writer.add_int64("a.i64", -(2**40))
    writer.add_float64("a.f64", 0.1)
    writer.add_bool("a.bool", True)
    writer.add_string("a.text", "丹青")
    writer.add_array("a.list", [1, 2, 3])
    writer.add_array("a.names", ["x", "y"])
    writer.add_array("a.long", list(range(100)))
    writer.add_array("a.many", [f"token {i}" for i in range(50)])
    writer.add_tensor("weight", np.ones((3, 5), dtype=np.float16))


OUT.write_text(
    json.dumps(
        {
            "made by": "tests/oracles/gguf_files.py with gguf " + importlib.metadata.version("gguf"),
            "types": {kind.name: [kind.value, *GGML_QUANT_SIZES[kind]] for kind in GGMLQuantizationType},
            "every type": written(every_type),
            "metadata": written(metadata),
            "big endian": written(metadata, endianess=gguf.GGUFEndian.BIG),
        },
        indent=1,
    )
    + "\n"
)
