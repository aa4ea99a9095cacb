"""Aesthetic gradients on the starter checkpoint, in torch with transformers and diffusers. Writes tests/fixtures/aesthetic.{json,safetensors}.

Written from the description in arXiv:2209.12330 and of A1111's extension: a tiny CLIPModel, whose weights are made from their names
(seeded_weights.py), is tuned by torch.optim.Adam on −cos(text features, aesthetic vector) for each chunk of all texts of a schedule
together; what it then encodes is mixed into what the starter's text encoder encodes, after emphasis.
Pictures: transformers' CLIPImageProcessor (PIL's bicubic) and the same model's image features.
"""
import copy
import gzip
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import types

import diffusers
import numpy as np
import PIL
import safetensors.torch
import torch
import transformers
from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint
from seeded_weights import integers, seeded_weight

# k-diffusion loads programs that judge pictures; they are not needed here.
sys.modules["clip"] = types.ModuleType("clip")
import k_diffusion.sampling  # noqa: E402

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"
SHARED = FIXTURES.parent.parent.parent / "shared/data"
STARTER = SHARED / "checkpoint/starter-emoji-128.safetensors"
WIDTH, LAYERS, TOWER_LAYERS, FEATURES = 128, 4, 3, 96
VISION_WIDTH, PATCH, SIDE = 192, 14, 56
STEPS, CFG, SEED, SIZE = 4, 5.0, 77, 8
ROWS = [0, 1, 2, 5, 40, 76, 77, 80, 153]
DEFAULTS = {"weight": 0.9, "steps": 5, "learningRate": 1e-4, "slerp": False, "text": "", "textNegative": False, "slerpAngle": 0.1}

# Each text is a list of chunks, each a list of words with their weights; several texts are those of a schedule, as often as they occur.
CASES = {
    "usual": {"prompt": "red apple", "texts": [[[["red apple", 1]]]]},
    "arc": {"prompt": "(fox:1.3), on a white background", "clipSkip": 2, "settings": {"slerp": True, "weight": 0.7},
            "texts": [[[["fox", 1.3], [", on a white background", 1]]]]},
    "towards": {"prompt": "red apple", "settings": {"text": "oil painting", "slerpAngle": 0.3}, "texts": [[[["red apple", 1]]]]},
    "away": {"prompt": "red apple", "texts": [[[["red apple", 1]]]],
             "settings": {"text": "oil painting", "textNegative": True, "slerpAngle": -0.2, "steps": 3, "learningRate": 1e-3}},
    "schedule": {"prompt": "[cat|dog] face", "calls": 3, "settings": {"steps": 8},
                 "texts": [[[["cat face", 1]]], [[["dog face", 1]]], [[["cat face", 1]]]]},
    "chunks": {"prompt": "red apple BREAK blue sky", "texts": [[[["red apple", 1]], [["blue sky", 1]]]]},
}
RUNS = ["usual", "arc", "away"]

stored = {key: tensor.float() for key, tensor in safetensors.torch.load_file(STARTER).items()}


def starter_text():
    model = transformers.CLIPTextModel(transformers.CLIPTextConfig(
        hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=LAYERS, num_attention_heads=2, hidden_act="quick_gelu",
        attn_implementation="eager")).eval()
    own = {key.removeprefix("cond_stage_model.transformer.text_model."): value for key, value in stored.items() if "text_model" in key}
    prefix = "text_model." if any(key.startswith("text_model.") for key in model.state_dict()) else ""
    print(model.load_state_dict({prefix + key: value for key, value in own.items()}, strict=False))
    return model.text_model if prefix else model


def starter_unet():
    model = diffusers.UNet2DConditionModel(
        sample_size=16, block_out_channels=(64, 128, 256), down_block_types=["CrossAttnDownBlock2D"] * 3,
        up_block_types=["CrossAttnUpBlock2D"] * 3, layers_per_block=2, cross_attention_dim=WIDTH, attention_head_dim=8).eval()
    own = {key: value for key, value in stored.items() if key.startswith("model.diffusion_model.")}
    print(model.load_state_dict(convert_ldm_unet_checkpoint(own, dict(model.config)), strict=True))
    return model


def whole_clip():
    model = transformers.CLIPModel(transformers.CLIPConfig(
        projection_dim=FEATURES, attn_implementation="eager",
        text_config={"hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_hidden_layers": TOWER_LAYERS, "num_attention_heads": 2,
                     "hidden_act": "quick_gelu"},
        vision_config={"hidden_size": VISION_WIDTH, "intermediate_size": 4 * VISION_WIDTH, "num_hidden_layers": 2,
                       "num_attention_heads": VISION_WIDTH // 64, "hidden_act": "quick_gelu", "image_size": SIDE, "patch_size": PATCH})).eval()
    shapes = {key: list(value.shape) for key, value in model.state_dict().items() if "position_ids" not in key and value.shape}
    assert "text_model.embeddings.token_embedding.weight" in shapes and "vision_model.pre_layrnorm.weight" in shapes
    model.load_state_dict({key: torch.from_numpy(seeded_weight(key, shape)).half().float() for key, shape in shapes.items()}, strict=False)
    return model, shapes


def text_features(model, ids):
    hidden = model.text_model(input_ids=ids).last_hidden_state
    # The first end token: it has the highest number of all.
    return model.text_projection(hidden[torch.arange(len(ids)), ids.argmax(-1)])


def hidden_of(model, ids, skip):
    states = model(input_ids=ids, output_hidden_states=True)
    return states.last_hidden_state if skip == 1 else model.final_layer_norm(states.hidden_states[-skip])


def slerp(low, high, amount):
    norms = [value / torch.norm(value, dim=1, keepdim=True) for value in (low, high)]
    omega = torch.acos((norms[0] * norms[1]).sum(1))
    shares = [torch.sin((1 - amount) * omega) / torch.sin(omega), torch.sin(amount * omega) / torch.sin(omega)]
    return shares[0].unsqueeze(1) * low + shares[1].unsqueeze(1) * high


def vocabulary():
    # From the published merges: bytes, then bytes that end a word, then the merges.
    with gzip.open(SHARED / "tokenizers/bpe_simple_vocab_16e6.txt.gz") as file:
        merges = file.read().decode().split("\n")[1:49152 - 256 - 2 + 1]
    units = list(range(ord("!"), ord("~") + 1)) + list(range(ord("¡"), ord("¬") + 1)) + list(range(ord("®"), ord("ÿ") + 1))
    letters = [chr(n) for n in units] + [chr(256 + i) for i in range(256 - len(units))]
    return letters + [letter + "</w>" for letter in letters] + ["".join(merge.split()) for merge in merges]


VOCABULARY = vocabulary()


def ids_of(text):
    """All words of the cases are in the vocabulary whole."""
    return [VOCABULARY.index(word + "</w>") for word in text.replace(",", " , ").split()]


def chunk_ids(pieces):
    ids = [id for text, _ in pieces for id in ids_of(text)]
    weights = [weight for text, weight in pieces for _ in ids_of(text)]
    return [49406] + ids + [49407] * (76 - len(ids)), [1.0] + weights + [1.0] * (76 - len(ids))


TEXT, UNET, (CLIP, SHAPES) = starter_text(), starter_unet(), whole_clip()
VECTOR = torch.from_numpy(integers("aesthetic vector", FEATURES).astype(np.float32) / 128).half()[None]


def aim(settings):
    vector = VECTOR.float() / VECTOR.float().norm(dim=-1, keepdim=True)
    if not settings["text"]:
        return vector
    ids = ids_of(settings["text"])
    with torch.no_grad():
        other = text_features(CLIP, torch.tensor([[49406, *ids, 49407]]))
    if settings["textNegative"]:
        other = vector - other
        other = other / other.norm(dim=-1, keepdim=True)
    return slerp(vector, other, settings["slerpAngle"])


def encode(texts, skip, settings):
    """Encodings of the texts of one schedule, [texts, chunks · 77, width]."""
    chunks = []
    for i in range(max(map(len, texts))):
        made = [chunk_ids(text[i] if i < len(text) else []) for text in texts]
        ids, weights = (torch.tensor([one[k] for one in made]) for k in (0, 1))
        with torch.no_grad():
            z = hidden_of(TEXT, ids, skip)
            mean = z.mean()
            z = z * weights[..., None]
            z = z * (mean / z.mean())
        if settings is not None:
            model = copy.deepcopy(CLIP).requires_grad_(True)
            goal = aim(settings)
            optimizer = torch.optim.Adam(model.text_model.parameters(), lr=settings["learningRate"])
            for _ in range(settings["steps"]):
                features = text_features(model, ids)
                loss = -(features / features.norm(dim=-1, keepdim=True)) @ goal.T
                optimizer.zero_grad()
                loss.mean().backward()
                optimizer.step()
            with torch.no_grad():
                tuned = hidden_of(model.text_model, ids, skip)
                weight = settings["weight"]
                z = slerp(z, tuned, weight) if settings["slerp"] else z * (1 - weight) + tuned * weight
        chunks.append(z)
    return torch.cat(chunks, 1)


alphas = torch.cumprod(1 - torch.linspace(0.00085 ** .5, 0.012 ** .5, 1000, dtype=torch.float64) ** 2, 0)
log_sigmas = (((1 - alphas) / alphas) ** .5).log().float()


def time_of(sigma):
    distances = sigma.log() - log_sigmas
    low = (distances >= 0).nonzero()[-1].clamp(max=998)
    w = (log_sigmas[low] - sigma.log()) / (log_sigmas[low] - log_sigmas[low + 1])
    return ((1 - w) * low + w * (low + 1)).float()


def denoise(x, sigma, contexts):
    scaled = x / (sigma ** 2 + 1) ** .5
    with torch.no_grad():
        both = UNET(torch.cat([scaled, scaled]), time_of(sigma).expand(2), torch.cat(contexts)).sample
    return x - sigma * (both[1:] + CFG * (both[:1] - both[1:]))


def draw(contexts):
    times = torch.linspace(999, 0, STEPS, dtype=torch.float64)
    low = times.floor().long().clamp(max=998)
    sigmas = torch.cat([((1 - (times - low)) * log_sigmas[low] + (times - low) * log_sigmas[low + 1]).exp(), torch.zeros(1)]).float()
    noise = torch.randn(4, SIZE, SIZE, generator=torch.Generator("cpu").manual_seed(SEED))[None]
    return k_diffusion.sampling.sample_euler(
        lambda x, sigma, **_: denoise(x, sigma[0], contexts), noise * sigmas[0], sigmas, disable=True)[0].contiguous()


results = {}
for name, case in CASES.items():
    settings, skip = DEFAULTS | case.get("settings", {}), case.get("clipSkip", 1)
    encoded = encode(case["texts"], skip, settings)
    plain = encode(case["texts"], skip, None)
    rows = [row for row in ROWS if row < encoded.shape[1]]
    results[f"encoding {name}"] = encoded[:2, rows].contiguous()
    print(name, f"changed by {(encoded - plain).norm() / plain.norm():.3f}")
    if name in RUNS:
        latents = [draw([encode(case["texts"], skip, one), encode([[[]]], skip, one)]) for one in (settings, None)]
        results[f"latent {name}"] = latents[0]
        print("  latent", f"changed by {(latents[0] - latents[1]).norm() / latents[1].norm():.3f}")

# Pictures: wide, tall, smaller than the network's side.
PICTURES = {"wide": (131, 70), "tall": (61, 90), "small": (40, 33)}
processor = transformers.CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}, backend="pil") \
    if not hasattr(transformers, "CLIPImageProcessorPil") else \
    transformers.CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
features = []
for name, (width, height) in PICTURES.items():
    # Smooth enough to look like something, rough enough to show a wrong filter.
    pixels = (integers(f"picture {name}", height * width * 3).reshape(height, width, 3) % 256).astype(np.uint8)
    inputs = processor(images=[PIL.Image.fromarray(pixels)], return_tensors="pt")["pixel_values"]
    results[f"seen {name}"] = inputs[0, :, ::5, ::5].contiguous()
    with torch.no_grad():
        output = CLIP.get_image_features(pixel_values=inputs)
        features.append(output if isinstance(output, torch.Tensor) else output.pooler_output)
    results[f"features {name}"] = features[-1][0].contiguous()
results["embedding"] = torch.cat(features).mean(0, keepdim=True)

# What Danqing writes, read by torch.
with tempfile.TemporaryDirectory() as name:
    written = pathlib.Path(name) / "written.pt"
    subprocess.run(["node", "--import", "tsx", FIXTURES.parent / "oracles/write-aesthetic.ts", written], check=True, cwd=FIXTURES.parent.parent)
    for only in (True, False):
        tensor = torch.load(written, weights_only=only)
        assert type(tensor) is torch.Tensor and tensor.dtype == torch.float32 and torch.equal(tensor, torch.arange(768.0)[None] / 8)
    sha256 = hashlib.sha256(written.read_bytes()).hexdigest()

by = (f"transformers {transformers.__version__}, diffusers {diffusers.__version__}, torch {torch.__version__}, Pillow {PIL.__version__}, "
      f"{type(processor).__name__}, float32")
(FIXTURES / "aesthetic.json").write_text(json.dumps({
    "madeBy": by, "shapes": SHAPES, "rows": ROWS, "steps": STEPS, "cfg": CFG, "seed": SEED, "size": SIZE * 8,
    "cases": {name: {"prompt": case["prompt"], "clipSkip": case.get("clipSkip", 1), "calls": case.get("calls", 1),
                     "texts": [i for i, _ in enumerate(case["texts"][:2])], "settings": DEFAULTS | case.get("settings", {})}
              for name, case in CASES.items()},
    "runs": RUNS, "written": sha256, "pictures": {name: list(size) for name, size in PICTURES.items()},
}, indent=1) + "\n")
safetensors.torch.save_file(results, FIXTURES / "aesthetic.safetensors", {"madeBy": by})
