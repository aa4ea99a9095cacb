"""Records what torch makes of weighted prompts on the starter checkpoint's text encoder, for tests/prompt-encoding.test.ts.

Each case says by hand how its prompt unrolls: the texts of its schedule, each as chunks, each chunk as pieces of text with a weight.
Weights multiply the encoder's output; "Original" then restores the mean over all texts of the schedule, chunk by chunk; texts with fewer
chunks are filled up with empty ones. Only some rows are kept.

    python tests/oracles/prompt_encoding.py starter-emoji-128.safetensors bpe_simple_vocab_16e6.txt.gz \\
        > tests/fixtures/text/prompt-encodings.json
"""

import base64
import json
import sys

import torch
import transformers
from safetensors.torch import load_file
from tokenizer import make_tokenizer
from transformers import CLIPTextConfig, CLIPTextModel

ROWS = [0, 1, 3, 8, 40, 76]
FOX = [[[["fox", 1.3], [", on a ", 1], ["white", 1 / 1.1], [" background", 1]]]]
CASES = [
    {"prompt": "(fox:1.3), on a [white] background", "clipSkip": 1, "emphasis": "Original", "texts": FOX},
    {"prompt": "(fox:1.3), on a [white] background", "clipSkip": 1, "emphasis": "No norm", "texts": FOX},
    {"prompt": "(fox:1.3), on a [white] background", "clipSkip": 1, "emphasis": "Ignore", "texts": FOX},
    {"prompt": "(fox:1.3), on a [white] background", "clipSkip": 1, "emphasis": "None", "texts": [[[["(fox:1.3), on a [white] background", 1]]]]},
    {"prompt": "blurry, (grey:1.2)", "clipSkip": 2, "emphasis": "Original", "texts": [[[["blurry, ", 1], ["grey", 1.2]]]]},
    {"prompt": "red apple BREAK (blue:1.4) sky", "clipSkip": 4, "emphasis": "Original",
     "texts": [[[["red apple", 1]], [["blue", 1.4], [" sky", 1]]]]},
    {"prompt": "[cat|(dog:1.3)] face", "clipSkip": 1, "emphasis": "Original",
     "texts": [[[["cat face", 1]]], [[["dog", 1.3], [" face", 1]]], [[["cat face", 1]]]]},
    {"prompt": "(sun:0.5) [and BREAK ((moon)):2]", "clipSkip": 1, "emphasis": "Original",
     "texts": [[[["sun", 0.5], [" ", 1]]], [[["sun", 0.5], [" and", 1]], [["moon", 1.1 * 1.1]]]]},
    {"prompt": "cat " * 70 + ", (dog:1.2)" + " dog" * 9, "clipSkip": 2, "emphasis": "Original",
     "texts": [[[["cat " * 70 + ", ", 1]], [["dog", 1.2], [" dog" * 9, 1]]]]},
    {"prompt": "fox, " * 40, "clipSkip": 1, "emphasis": "Original", "texts": [[[["fox, " * 37 + "fox", 1]], [[", fox, fox,", 1]]]]},
]  # fmt: skip


def load_encoder(path):
    prefix = "cond_stage_model.transformer.text_model."
    weights = {k[len(prefix) :]: v.float() for k, v in load_file(path).items() if k.startswith(prefix)}
    width = weights["final_layer_norm.weight"].shape[0]
    layers = 1 + max(int(k.split(".")[2]) for k in weights if k.startswith("encoder.layers."))
    config = CLIPTextConfig(hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers, num_attention_heads=width // 64)
    model = CLIPTextModel(config)
    missing, unexpected = model.load_state_dict({"text_model." + k: v for k, v in weights.items()}, strict=False)
    assert all("position_ids" in k for k in [*missing, *unexpected]), (missing, unexpected)
    return model.eval()


def chunk_tensors(pieces, tokenizer):
    ids, weights = [49406], [1.0]
    for text, weight in pieces:
        found = tokenizer([text], truncation=False, add_special_tokens=False)["input_ids"][0]
        ids += found
        weights += [weight] * len(found)
    fill = 77 - len(ids)
    return ids + [49407] * fill, weights + [1.0] * fill


@torch.no_grad()
def contexts(case, model, tokenizer):
    joined = [[] for _ in case["texts"]]
    for i in range(max(map(len, case["texts"]))):
        ids, weights = zip(*(chunk_tensors(text[i] if i < len(text) else [], tokenizer) for text in case["texts"]))
        hidden = model(torch.tensor(ids), output_hidden_states=True).hidden_states[-case["clipSkip"]]
        z = model.text_model.final_layer_norm(hidden)
        if case["emphasis"] in ("Original", "No norm"):
            before = z.mean()
            z = z * torch.tensor(weights)[:, :, None]
            if case["emphasis"] == "Original":
                z = z * (before / z.mean())
        for kept, encoding in zip(joined, z):
            kept.append(encoding[ROWS])
    return [torch.cat(kept) for kept in joined]


if __name__ == "__main__":
    model, tokenizer = load_encoder(sys.argv[1]), make_tokenizer(sys.argv[2])
    rows = []
    for case in CASES:
        found = contexts(case, model, tokenizer)
        encoded = [base64.b64encode(context.numpy().tobytes()).decode() for context in found]
        row = {k: case[k] for k in ("prompt", "clipSkip", "emphasis")} | {"steps": len(found) if len(found) > 2 else 4, "contexts": encoded}
        rows.append(json.dumps(row))
    made_by = f"torch {torch.__version__}, transformers {transformers.__version__}"
    print(f'{{"madeBy":"{made_by}","rows":{ROWS},"cases":[')
    print(",\n".join(rows) + "\n]}")
