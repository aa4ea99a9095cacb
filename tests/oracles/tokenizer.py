"""Records what the original tokenizer of CLIP makes of text, for packages/engine/src/text/tokenizers/clip.test.ts.

The original is transformers' CLIPTokenizer of the 4.x series (written in Python, with ftfy installed; the one of 5.x is another program
with other cleaning), built here from the published merges. A1111 pins transformers 4.30.2.

    python tests/oracles/tokenizer.py bpe_simple_vocab_16e6.txt.gz > tests/fixtures/text/clip-tokens.json
"""

import gzip
import hashlib
import html.entities
import json
import platform
import random
import sys
import tempfile
import unicodedata

import ftfy
import ftfy.bad_codecs
import ftfy.fixes
import transformers
from transformers.models.clip.tokenization_clip import CLIPTokenizer

WRITTEN = [
    "", " ", "a", "a cat", "A Photo of a CAT.", "1girl, white hair, masterpiece, best quality", "nvinkpunk", "SKS", "cartoon_portrait",
    "1boy, 2girls, 3d, 8k uhd, f/1.8, 35mm, ((masterpiece))", "it's, you're, I've, we'll, he'd, don't, I'M, rock'n'roll, 'tis",
    "e621:dragon, @artist, #tag, $100, 50%, x^2, a&b, ~tilde, under_score, back\\slash, {curly}, <angle>, |bar|, `tick`",
    "2024 1234567890 3.14159 1,000,000 ½ ² ③ Ⅷ ٣ 五 १२", "--- !!! ?!?! ... :-) ^_^ (o_o) >_< ._. @_@ ;) xD",
    "café naïve façade Ångström İstanbul ŉ ǅ ß ẞ Æ œ Œuvre ﬁ ﬂ ﬃ ﬅ ĳ", "e\u0301 a\u030a o\u0308\u0301 n\u0303 \u0345 \u1fb3\u0345 x\u0338",
    "ΟΔΥΣΣΕΥΣ ὈΔΥΣΣΕΎΣ σς Σ ΑΣ, ΑΣ.", "Привет мир, Ёлка, ЩЫЪ", "你好世界 猫耳 少女", "これはテストです カタカナ ｶﾀｶﾅ ﾊﾞ", "안녕하세요 한국어 ﾡ",
    "مرحبا بالعالم هَذَا", "שלום עולם שָׁלוֹם", "สวัสดีชาวโลก", "नमस्ते दुनिया क्षत्रिय", "தமிழ் తెలుగు ಕನ್ನಡ", "გამარჯობა ՀԱՅ ᎠᎡ ⲀⲂ 𐐀𐐨",
    "😀 😂🔥 👍🏽 👨‍👩‍👧‍👦 🏳️‍🌈 🇯🇵🇩🇪 1️⃣ ❤️ ☺ ✨ 🫠 🧑🏻‍🎤 🏴󠁧󠁢󠁷󠁬󠁳󠁿", "a😀b 猫😺cat", "🎨art, ★★☆ ♥ → ∞ ≠ ∑ √ π", "𝓯𝓪𝓷𝓬𝔂 𝔣𝔯𝔞𝔨 𝟘𝟙𝟚 Ⓐⓑ",
    "zero\u200bwidth\u200cnon\u200djoiner\u2060word\ufeffbom\u00adhyphen\u180emongol", "\u200e\u200fmarks\u202aembed\u202c \u2066iso\u2069 \u206adep",
    "tab\there\nnew\r\nline\rcr\x0bvt\x0cff\x85nel\u2028ls\u2029ps", "\x1c\x1d\x1e\x1f\x00\x01\x07\x08\x7f", "\u00a0\u1680\u2003\u2009\u202f\u205f\u3000wide",
    "  many   spaces  ", "\x1b[31mred\x1b[0m \x1b[1;32mgreen", "\ud800 lone", "ok \ufffd \ufffc \ufff9x\ufffb", "\U000e0041\U0010ffff\ue000\uf8ff",
    "“curly” ‘single’ „low‟ ‚x‛ «guillemets» ʼn ′prime″", "ＦＵＬＬ　ｗｉｄｔｈ １２３ ！？（）：；～ ￠￡￥ ﾞ", "a–b—c―d‐e‑f−g …",
    "<|startoftext|>", "<|endoftext|>", "a<|endoftext|>b <|startoftext|>", "<|ENDOFTEXT|> x", "<|ſtartoftext|>", "it'ſ 'ſ K K", "a < b &amp; c", "&lt;b&gt;\nx &amp; y",
    "&amp; &lt; &gt; &quot; &apos; &nbsp; &copy; &eacute; &EACUTE; &NTILDE; &nTILDE; &LTIMES; &NotEqualTilde; &frac12; &FRAC12; &scaron;",
    "&amp;amp;lt; &#65; &#x41; &#X263a; &#128; &#x81; &#0; &#xD800; &#x110000; &#13; &#1; &#xfffe; &#59; &#x3b; &#12ab; &#; &amp &notit; &xyz;",
    "&#99999999999999999999; &szlig; &SZLIG; &AMPX; &ETHX; &alefsym; &ALEFSYM; &bsolhsub; &fjlig;",
    "antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis", "a" * 200, "ab" * 100, "xyzzy" * 40, "猫" * 60, "!" * 120, "1" * 90,
    "cafÃ© rÃ©sumÃ©", "â€œquotedâ€\x9d itâ€™s", "Ã la mode", "voilÃ le travail", "Ã quel point", "Ã  la", "fÃ cil", "ÃƒÂ© doubled", "ðŸ˜€ smile", "æ—¥æœ¬èªž",
    "ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Р\x9fСЂРёРІРµС‚", "Îµ Î» Î»", "schÃ¶n grÃ¼n, Â£10 Â©", "â€�like thisâ€œ", "L&AMP;AMP;ATILDE;&AMP;AMP;SUP3;PEZ", "\x93quoted\x94 \x85 \x80",
    "¯\\_(ツ)_/¯", "HUHLL Õ…Õ", "├┤a├┤┐a┐├", "RENÉ\xa0MAGRITTE, Ceci n’est pas", "(-1/2)! = √π", "OK??:( `¬´ ):", "Yo voy a ser Ã¡ngel\x85", "â\x80\x93 \xe9\x85", "4288×...",
    "Å“uvre", "Ã…ngstrÃ¶m", "VÅ¡eobecnÃ", "à¤¨à¤®à¤¸à¥à¤¤à¥‡", "í•œêµ­ì–´", "í\xa0\xbdí¸\x80 pair", "À\x80 null Ã©",
]  # fmt: skip

POOLS = [
    (0x20, 0x7F), (0x20, 0x7F), (0x20, 0x7F), (0x00, 0x20), (0x80, 0x100), (0x80, 0x250), (0x2B0, 0x400), (0x400, 0x530), (0x530, 0x700),
    (0x900, 0xE80), (0x1E00, 0x2070), (0x2070, 0x2400), (0x2500, 0x27C0), (0x3000, 0x3100), (0x4E00, 0x9FA0), (0xAC00, 0xD7A0),
    (0xE000, 0xE010), (0xF900, 0xFB50), (0xFE00, 0xFE70), (0xFF00, 0x10000), (0x1D400, 0x1D800), (0x1F300, 0x1FA00), (0x20000, 0x20100),
]  # fmt: skip
MISREADINGS = ["latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "sloppy-windows-1253", "sloppy-windows-1254",
               "sloppy-windows-1257", "iso-8859-2", "macroman", "cp437"]  # fmt: skip


def random_text(rng):
    """Text without unassigned characters, on which versions of Unicode differ."""
    while True:
        text = any_text(rng)
        if all(unicodedata.category(character) != "Cn" for character in text):
            return text


def any_text(rng):
    kind = rng.random()
    if kind < 0.55:
        low, high = rng.choice(POOLS)
        mixed = [rng.choice(POOLS) if rng.random() < 0.3 else (low, high) for _ in range(rng.randint(1, 16))]
        return "".join(chr(rng.randrange(*pool)) for pool in mixed)
    if kind < 0.75:
        # Text in UTF-8 that was read as something else, once or twice, perhaps damaged and among other text.
        text = "".join(chr(rng.randrange(*rng.choice(POOLS[4:]))) for _ in range(rng.randint(1, 5)))
        for _ in range(rng.choice([1, 1, 2])):
            text = text.encode("utf-8", "replace").decode(rng.choice(MISREADINGS), "replace")
        if rng.random() < 0.4:
            text = text.replace("\xa0", " ")
        if rng.random() < 0.3:
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice("\ufffd? a") + text[at + 1 :]
        return rng.choice(["", "a ", "x", "é "]) + text + rng.choice(["", " b", "y", "\u2019s"])
    odd = "ÃÂâ€™œžŸÐÑ¤¨°±²×ØÙàá√‚ÄвЂГСāβΒΞ ·´–“”‘’•¡¿©®™§¶£¥Œœ├░ˆ˜†\x85\x93\xa0 aZz.,1"
    return "".join(rng.choice(odd) for _ in range(rng.randint(2, 9)))


def make_tokenizer(merges_path):
    merges = gzip.open(merges_path).read().decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    glyphs = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in glyphs]
    letters = [chr(b) for b in glyphs] + [chr(256 + i) for i in range(len(others))]
    tokens = [*letters, *(letter + "</w>" for letter in letters), *("".join(merge.split()) for merge in merges), "<|startoftext|>", "<|endoftext|>"]
    folder = tempfile.mkdtemp()
    with open(folder + "/vocab.json", "w", encoding="utf-8") as file:
        json.dump({token: i for i, token in enumerate(tokens)}, file)
    with open(folder + "/merges.txt", "w", encoding="utf-8") as file:
        file.write("#version: 0.2\n" + "\n".join(merges) + "\n")
    tokenizer = CLIPTokenizer(folder + "/vocab.json", folder + "/merges.txt")
    assert tokenizer.fix_text is ftfy.fix_text
    return tokenizer


def cases(merges_path, count, seed):
    tokenizer = make_tokenizer(merges_path)
    rng = random.Random(seed)
    texts = list(dict.fromkeys([*WRITTEN, *(random_text(rng) for _ in range(count))]))
    return [[text, tokenizer([text], truncation=False, add_special_tokens=False)["input_ids"][0]] for text in texts]


def entities_digest():
    """SHA-256 over every entity name, as written and in capitals, and what it becomes."""
    names = sorted(name[:-1] for name in html.entities.html5 if name.endswith(";"))
    lines = [f"{n} {ftfy.fixes.unescape_html(f'&{n};')} {ftfy.fixes.unescape_html(f'&{n.upper()};')}\n" for n in names]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


if __name__ == "__main__":
    rows = cases(sys.argv[1], *(int(argument) for argument in sys.argv[2:] or (600, 11)))
    made_by = f"transformers {transformers.__version__}, ftfy {ftfy.__version__}, Python {platform.python_version()}"
    print(f'{{"madeBy":"{made_by}","entitiesSha256":"{entities_digest()}","cases":[')
    print(",\n".join(json.dumps(row, separators=(",", ":")) for row in rows) + "\n]}")
