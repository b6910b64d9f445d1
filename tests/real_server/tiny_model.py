"""Writes a model for llama.cpp that speaks without having learnt anything.

No weight of it is trained. The embedding of a token is the class of the word
(article, noun, verb, ...), one dimension each; the only layer adds nothing; the
output matrix turns the class into the odds of the next word. So the model is a
small grammar, and its text varies only by how the server draws.
"""

from collections.abc import Iterator
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

WIDTH = 64
"""Dimensions of the hidden state; more than there are classes."""
NEVER = -30.0
"""Log-odds of a word that must not come next."""
CONTEXT = 8192
END = "<|im_end|>"
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# Class: its words ("_" is a space to the tokenizer), and the odds of the class that follows.
GRAMMAR: dict[str, tuple[str, dict[str, float]]] = {
    "first": ("The A This Every Some", {"adjective": 5, "noun": 5}),
    "article": ("_the _a _this _every _some _one", {"adjective": 5, "noun": 5}),
    "adjective": ("_quiet _bright _naïve _patient _hollow _golden _gentle _ancient", {"noun": 1}),
    "noun": (
        "_river _engine _garden _café _mirror _letter _forest _answer _世界 _привет _שלום",
        {"verb": 6, "preposition": 1, "stop": 2, "comma": 1},
    ),
    "verb": ("_opens _carries _follows _repeats _forgets _builds", {"article": 7, "adverb": 3}),
    "adverb": ("_slowly _again _quietly _twice _together", {"preposition": 3, "stop": 5}),
    "preposition": ("_under _beyond _within _across _without", {"article": 1}),
    "comma": (",", {"conjunction": 1}),
    "conjunction": ("_and _but _while", {"article": 1}),
    "stop": (". ! ?", {"gap": 12, "paragraph": 2, "smile": 1, "end": 2}),
    "smile": ("_🙂", {"gap": 1}),
    "gap": ("_", {"first": 1}),
    "paragraph": ("\n\n", {"first": 1}),
}
CLASSES = {name: number for number, name in enumerate(["other", *GRAMMAR])}
FOLLOWING = {name: odds for name, (_, odds) in GRAMMAR.items()} | {"other": {"first": 1.0}}


def vocabulary() -> Iterator[tuple[str, gguf.TokenType, str]]:
    """Yield each token with its type and its class, in the order of their ids."""
    yield from (
        ("<unk>", gguf.TokenType.UNKNOWN, "other"),
        ("<s>", gguf.TokenType.CONTROL, "other"),
    )
    yield from ((text, gguf.TokenType.CONTROL, "other") for text in ("<|im_start|>", END))
    yield from ((f"<0x{byte:02X}>", gguf.TokenType.BYTE, "other") for byte in range(256))
    seen = set()
    for name, (words, _) in GRAMMAR.items():
        for word in [words] if words.isspace() else words.split():
            seen.add(word)
            yield word.replace("_", "\u2581"), gguf.TokenType.NORMAL, name
    letters = "abcdefghijklmnopqrstuvwxyz"
    for first in [*letters, "_"]:  # for reading prompts: two letters a token
        yield from (
            (f"{first}{second}".replace("_", "\u2581"), gguf.TokenType.NORMAL, "other")
            for second in letters
            if f"{first}{second}" not in seen
        )


def write(path: Path) -> None:
    """Write the model to `path`."""
    words, types, classes = (list(column) for column in zip(*vocabulary(), strict=True))
    model = gguf.GGUFWriter(path, "llama")
    model.add_context_length(CONTEXT)
    model.add_embedding_length(WIDTH)
    model.add_feed_forward_length(WIDTH)
    model.add_block_count(1)
    model.add_head_count(1)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_tokenizer_model("llama")
    model.add_token_list(words)
    model.add_token_scores([-1.0] * len(words))
    model.add_token_types(types)
    model.add_bos_token_id(words.index("<s>"))
    model.add_eos_token_id(words.index(END))
    model.add_unk_token_id(0)
    model.add_chat_template(TEMPLATE)
    for name, tensor in tensors(words, classes).items():
        model.add_tensor(f"{name}.weight", tensor)
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


def tensors(words: list[str], classes: list[str]) -> dict[str, npt.NDArray[np.float32]]:
    """Return the weights by name."""
    embedding = np.zeros((len(words), WIDTH), np.float32)
    output = np.zeros_like(embedding)
    output[:, : len(CLASSES)] = NEVER
    for token, name in enumerate(classes):
        embedding[token, CLASSES[name]] = 1.0
    for name, odds in FOLLOWING.items():
        for following, share in odds.items():
            ids = [words.index(END)] if following == "end" else _ids(classes, following)
            output[ids, CLASSES[name]] = np.log(share / sum(odds.values()) / len(ids))
    output /= np.sqrt(WIDTH)  # the norm before it makes every class that long
    nothing, one = np.zeros((WIDTH, WIDTH), np.float32), np.ones(WIDTH, np.float32)
    layer = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    return (
        {"token_embd": embedding, "output_norm": one, "output": output}
        | {f"blk.0.{name}": nothing for name in layer}
        | {f"blk.0.{name}": one for name in ("attn_norm", "ffn_norm")}
    )


def _ids(classes: list[str], name: str) -> list[int]:
    return [token for token, its_class in enumerate(classes) if its_class == name]
