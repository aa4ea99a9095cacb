"""Records how Pillow writes PNG texts and piexif (the library of A1111) the EXIF comment. Run: python tests/oracles/picture_texts.py"""
import io
import json
from importlib.metadata import version
from pathlib import Path

import piexif.helper
from PIL import Image, PngImagePlugin

TEXTS = [["parameters", "a cat\nSteps: 1"], ["parameters", "caf\u00e9 \u00ff"], ["parameters", "\u540d\u524d \U0001f600"], ["Comment", ""]]


def png_chunk(keyword, text):
    info = PngImagePlugin.PngInfo()
    info.add_text(keyword, text)
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1)).save(buffer, "PNG", pnginfo=info)
    data = buffer.getvalue()
    length = int.from_bytes(data[33:37], "big")
    return data[33 : 33 + 12 + length].hex()


fixture = {
    "made by": f"tests/oracles/picture_texts.py, Pillow {version('pillow')}, piexif {version('piexif')}",
    "png": [[keyword, text, png_chunk(keyword, text)] for keyword, text in TEXTS],
    "comments": [[text, piexif.helper.UserComment.dump(text, encoding="unicode").hex()] for _, text in TEXTS],
}
path = Path(__file__).parents[1] / "fixtures/image/texts.json"
path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
