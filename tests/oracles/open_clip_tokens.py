"""Records what OpenCLIP's tokenizer makes of text, for packages/engine/src/text/tokenizers/open-clip.test.ts.

A1111 pins open_clip_torch 2.20.0. The texts are those recorded for CLIP's tokenizer and some with HTML.

    python tests/oracles/open_clip_tokens.py > tests/fixtures/text/open-clip-tokens.json
"""
import importlib.metadata
import json
import pathlib
import platform

import ftfy
from open_clip.tokenizer import _tokenizer

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures/text"
WRITTEN = [
    "a<end_of_text>b <start_of_text>", "<|endoftext|> x", "<END_OF_TEXT>", "<\u017ftart_of_text> y", "a &amp b", "&ampamp;", "&notit; &notin; &no",
    "&lt;b&gt &copy2024 &COPYX &frac12x &sup2 &AMP;", "&amp;amp;amp;lt;", "&#65 &#x41g &#128 &#x81; &#0 &#xD800 &#99999999; &#13", "&hellip &hellip;",
    "< &eacute; &EACUTE; &eacute &Eacute", "&\u732b; &amp\u732b", "&" + "a" * 40 + "; &gt" + "b" * 40,
]  # fmt: skip

texts = [text for text, _ in json.loads((FIXTURES / "clip-tokens.json").read_text())["cases"]]
rows = [[text, _tokenizer.encode(text)] for text in [*WRITTEN, *texts]]
made_by = f"open_clip_torch {importlib.metadata.version('open_clip_torch')}, ftfy {ftfy.__version__}, Python {platform.python_version()}"
print(f'{{"madeBy":"{made_by}","cases":[')
print(",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]}")
