"""Weights that both sides of a comparison can make: the same arithmetic as tests/seeded-weights.ts, bit for bit."""
import math
import re

import numpy as np

# (keys, exponent of the weight's gain, exponent of the bias's size); the first that fits counts. Layers that add to the
# residual stream are quiet, so that the stream's variance is small and an epsilon in a norm shows; queries and keys are
# loud, so that attention is peaked.
RULES = [
    (r"(token|position|positional)_embedding$", -6, None),
    (r"resblocks\.\d\d\.attn\.in_proj$", 1, -2),  # so deep a network loses all precision otherwise
    (r"(to_q|q_proj|attn_1\.q|in_proj)$", 2, -2),
    (r"(to_k|k_proj|attn_1\.k)$", 1, -2),
    (r"(conv_in|input_blocks\.0\.0|out_layers\.3|conv2|proj_in|proj_out|to_out\.0|ff\.net\.2|out_proj|fc2|c_proj)$", -4, -5),
    (r"(skip_connection|nin_shortcut|op|upsample\.conv|output_blocks\.\d+\.\d\.conv|downsample\.conv)$", 0, -5),
    (r"", 0, -2),
]


def integers(name, count):
    """Whole numbers from -1024 to 1024: mulberry32 seeded by the FNV-1a hash of the name."""
    state = 0x811C9DC5
    for letter in name:
        state = ((state ^ ord(letter)) * 0x01000193) & 0xFFFFFFFF
    u32 = np.uint32
    with np.errstate(over="ignore"):
        s = u32(state) + np.arange(1, count + 1, dtype=u32) * u32(0x6D2B79F5)
        mixed = (s ^ (s >> u32(15))) * (s | u32(1))
        mixed ^= mixed + (mixed ^ (mixed >> u32(7))) * (mixed | u32(61))
    drawn = (mixed ^ (mixed >> u32(14))).astype(np.uint64)
    return ((drawn * np.uint64(2049)) >> np.uint64(32)).astype(np.int64) - 1024


def seeded_weight(name, shape):
    """float32 values that float16 holds exactly."""
    layer = re.sub(r"[._](weight|bias)$", "", name)
    gain, size = next((gain, size) for pattern, gain, size in RULES if re.search(pattern, layer))
    whole = integers(name, math.prod(shape)).reshape(shape)
    if name.endswith("bias"):
        exponent = size
    elif len(shape) == 1:
        return (1 + np.trunc(whole / 2) / 1024).astype(np.float32)
    elif size is None:
        exponent = gain
    else:
        fan_in = math.prod(shape[1:])
        exponent = gain + math.floor(math.log2(math.sqrt(3 / fan_in)) + 0.5)
    return (whole / 1024 * 2.0**exponent).astype(np.float32)


def unet_shapes(channels, depths, blocks, context, inputs=4, middle=1, linear=False, vector=None):
    """Keys and shapes of a UNet; `depths` says for each level how deep its transformers are, 0 for none."""
    width, time = channels[0], channels[0] * 4
    shapes = {}

    def layer(key, *shape):
        shapes[f"{key}.weight"] = shape
        shapes[f"{key}.bias"] = shape[:1]

    def resnet(key, n_in, n_out):
        layer(f"{key}.in_layers.0", n_in)
        layer(f"{key}.in_layers.2", n_out, n_in, 3, 3)
        layer(f"{key}.emb_layers.1", n_out, time)
        layer(f"{key}.out_layers.0", n_out)
        layer(f"{key}.out_layers.3", n_out, n_out, 3, 3)
        if n_in != n_out:
            layer(f"{key}.skip_connection", n_out, n_in, 1, 1)

    def transformer(key, n, depth):
        side = () if linear else (1, 1)
        layer(f"{key}.norm", n)
        layer(f"{key}.proj_in", n, n, *side)
        layer(f"{key}.proj_out", n, n, *side)
        for block in (f"{key}.transformer_blocks.{i}" for i in range(depth)):
            for i, source in ((1, n), (2, context)):
                shapes[f"{block}.attn{i}.to_q.weight"] = (n, n)
                shapes[f"{block}.attn{i}.to_k.weight"] = (n, source)
                shapes[f"{block}.attn{i}.to_v.weight"] = (n, source)
                layer(f"{block}.attn{i}.to_out.0", n, n)
            layer(f"{block}.ff.net.0.proj", 8 * n, n)
            layer(f"{block}.ff.net.2", n, 4 * n)
            for i in (1, 2, 3):
                layer(f"{block}.norm{i}", n)

    layer("time_embed.0", time, width)
    layer("time_embed.2", time, time)
    if vector is not None:
        layer("label_emb.0.0", time, vector)
        layer("label_emb.0.2", time, time)
    layer("input_blocks.0.0", width, inputs, 3, 3)
    skips, now, at = [width], width, 1
    for level, n in enumerate(channels):
        for _ in range(blocks):
            resnet(f"input_blocks.{at}.0", now, n)
            if depths[level]:
                transformer(f"input_blocks.{at}.1", n, depths[level])
            now, at = n, at + 1
            skips.append(now)
        if level < len(channels) - 1:
            layer(f"input_blocks.{at}.0.op", n, n, 3, 3)
            at += 1
            skips.append(now)
    resnet("middle_block.0", now, now)
    transformer("middle_block.1", now, middle)
    resnet("middle_block.2", now, now)
    at = 0
    for level in reversed(range(len(channels))):
        n = channels[level]
        for i in range(blocks + 1):
            resnet(f"output_blocks.{at}.0", now + skips.pop(), n)
            now = n
            if depths[level]:
                transformer(f"output_blocks.{at}.1", n, depths[level])
            if level > 0 and i == blocks:
                layer(f"output_blocks.{at}.{2 if depths[level] else 1}.conv", n, n, 3, 3)
            at += 1
    layer("out.0", width)
    layer("out.2", 4, width, 3, 3)
    return shapes


def vae_shapes(channels, blocks):
    """Keys and shapes of a KL autoencoder with 4 latent channels."""
    shapes = {}

    def layer(key, *shape):
        shapes[f"{key}.weight"] = shape
        shapes[f"{key}.bias"] = shape[:1]

    def resnet(key, n_in, n_out):
        layer(f"{key}.norm1", n_in)
        layer(f"{key}.conv1", n_out, n_in, 3, 3)
        layer(f"{key}.norm2", n_out)
        layer(f"{key}.conv2", n_out, n_out, 3, 3)
        if n_in != n_out:
            layer(f"{key}.nin_shortcut", n_out, n_in, 1, 1)

    def middle(key, n):
        resnet(f"{key}.block_1", n, n)
        layer(f"{key}.attn_1.norm", n)
        for name in ("q", "k", "v", "proj_out"):
            layer(f"{key}.attn_1.{name}", n, n, 1, 1)
        resnet(f"{key}.block_2", n, n)

    last = len(channels) - 1
    layer("encoder.conv_in", channels[0], 3, 3, 3)
    now = channels[0]
    for level, n in enumerate(channels):
        for i in range(blocks):
            resnet(f"encoder.down.{level}.block.{i}", now, n)
            now = n
        if level < last:
            layer(f"encoder.down.{level}.downsample.conv", n, n, 3, 3)
    middle("encoder.mid", now)
    layer("encoder.norm_out", now)
    layer("encoder.conv_out", 8, now, 3, 3)
    layer("quant_conv", 8, 8, 1, 1)
    layer("post_quant_conv", 4, 4, 1, 1)
    layer("decoder.conv_in", now, 4, 3, 3)
    middle("decoder.mid", now)
    for level in reversed(range(len(channels))):
        n = channels[level]
        for i in range(blocks + 1):
            resnet(f"decoder.up.{level}.block.{i}", now, n)
            now = n
        if level > 0:
            layer(f"decoder.up.{level}.upsample.conv", n, n, 3, 3)
    layer("decoder.norm_out", now)
    layer("decoder.conv_out", 3, now, 3, 3)
    return shapes


def text_shapes(vocabulary, width, layers):
    """Keys and shapes of a CLIP text encoder, below `text_model`."""
    shapes = {
        "embeddings.token_embedding.weight": (vocabulary, width),
        "embeddings.position_embedding.weight": (77, width),
    }

    def layer(key, *shape):
        shapes[f"{key}.weight"] = shape
        shapes[f"{key}.bias"] = shape[:1]

    for i in range(layers):
        block = f"encoder.layers.{i}"
        layer(f"{block}.layer_norm1", width)
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            layer(f"{block}.self_attn.{name}", width, width)
        layer(f"{block}.layer_norm2", width)
        layer(f"{block}.mlp.fc1", 4 * width, width)
        layer(f"{block}.mlp.fc2", width, 4 * width)
    layer("final_layer_norm", width)
    return shapes


def open_clip_shapes(vocabulary, width, layers, pooled=None):
    """Keys and shapes of a text encoder as OpenCLIP keeps it."""
    shapes = {
        "token_embedding.weight": (vocabulary, width),
        "positional_embedding": (77, width),
    }

    def layer(key, *shape):
        shapes[f"{key}.weight"] = shape
        shapes[f"{key}.bias"] = shape[:1]

    for i in range(layers):
        block = f"transformer.resblocks.{i}"
        layer(f"{block}.ln_1", width)
        shapes[f"{block}.attn.in_proj_weight"] = (3 * width, width)
        shapes[f"{block}.attn.in_proj_bias"] = (3 * width,)
        layer(f"{block}.attn.out_proj", width, width)
        layer(f"{block}.ln_2", width)
        layer(f"{block}.mlp.c_fc", 4 * width, width)
        layer(f"{block}.mlp.c_proj", width, 4 * width)
    layer("ln_final", width)
    if pooled is not None:
        shapes["text_projection"] = (width, pooled)
    return shapes
