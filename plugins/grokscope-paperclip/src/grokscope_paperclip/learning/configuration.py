"""The configuration of a tiny CLIP model."""

from __future__ import annotations

from typing import Any

from grokscope_paperclip.learning.parts import ATTENTION_HEAD_WIDTH, Clip
from grokscope_paperclip.learning.tokens import SPECIALS


def tiny_config(net: Clip) -> Any:
    """The configuration of a tiny model, as transformers takes it."""
    from transformers import CLIPConfig

    shared = {
        "hidden_size": net.width,
        "intermediate_size": 4 * net.width,
        "num_hidden_layers": net.depth,
        "num_attention_heads": max(1, net.width // ATTENTION_HEAD_WIDTH),
        "projection_dim": net.width,
    }
    ids = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": SPECIALS.index("<eos>")}
    text = shared | ids | {"vocab_size": net.vocab, "max_position_embeddings": net.context}
    vision = shared | {"image_size": net.crop, "patch_size": net.patch}
    return CLIPConfig(text_config=text, vision_config=vision, projection_dim=net.width)
