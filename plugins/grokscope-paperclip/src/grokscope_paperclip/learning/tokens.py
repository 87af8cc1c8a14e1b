# mypy: no-warn-unused-ignores, no-disallow-untyped-calls
"""Words as tokens: a byte-level tokenizer trained on the captions, and captions within a budget, never empty."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray
SPECIALS = ("<pad>", "<unk>", "<bos>", "<eos>")
"""In the order of their ids. `<eos>` must not have the id 2, for which transformers pools by an old rule."""

MOST_CHARACTERS = 200_000
"""Tokens of one text at most: what a model reads of a longer one is not changed by the rest."""

_ITEM = re.compile(r"(?<=[,;])\s+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'({])")


def train_tokenizer(texts: Iterable[str], vocab: int, context: int) -> Any:
    """A byte-level BPE tokenizer, lower case and NFC, with `<bos>` and `<eos>` around every text."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE(unk_token="<unk>"))
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])  # type: ignore[assignment]
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)  # type: ignore[assignment]
    made.decoder = decoders.ByteLevel()  # type: ignore[assignment]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab, special_tokens=list(SPECIALS), initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(sorted(set(texts)), trainer)
    ends = [("<bos>", 2), ("<eos>", 3)]
    made.post_processor = processors.TemplateProcessing(single="<bos> $A <eos>", special_tokens=ends)  # type: ignore[assignment]
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        model_max_length=context,
        pad_token="<pad>",
        unk_token="<unk>",
        bos_token="<bos>",
        eos_token="<eos>",
    )


def sentences(text: str) -> list[str]:
    """The sentences of a text, at least one, however empty."""
    return [part for part in _SENTENCE.split(text[:MOST_CHARACTERS].strip()) if part] or [""]


class Caption:
    """One text as the token ids of its sentences, without the ends."""

    def __init__(self, tokenizer: Any, text: str, *, whole: bool, items: bool = False):
        parts = [text[:MOST_CHARACTERS]] if whole else _ITEM.split(text) if items else sentences(text)
        ids = [tokenizer(part, add_special_tokens=False, verbose=False)["input_ids"] for part in parts]
        self.parts: list[list[int]] = [part for part in ids if part] or [[tokenizer.unk_token_id]]

    def draw_sentences(self, budget: int, start: int) -> list[int]:
        """Whole sentences from `start` on, around the end, while they fit; the first is cut if it alone is too long."""
        chosen: list[int] = []
        for offset in range(len(self.parts)):
            part = self.parts[(start + offset) % len(self.parts)]
            if chosen and len(chosen) + len(part) > budget:
                break
            chosen += part
        return chosen[:budget]

    def draw_items(self, budget: int, rng: np.random.Generator) -> list[int]:
        """Half of the time everything in order, else a run of items that may be one alone; cut at the budget."""
        count = len(self.parts)
        if rng.random() < 0.5 or count == 1:
            return [token for part in self.parts for token in part][:budget]
        start = int(rng.integers(count))
        return [token for part in self.parts[start : start + int(rng.integers(1, count))] for token in part][:budget]

    def windows(self, budget: int, most: int = 16) -> list[list[int]]:
        """All sentences in order, as few windows as hold them, at most `most`."""
        found: list[list[int]] = [[]]
        for part in self.parts:
            pieces = [part[i : i + budget] for i in range(0, len(part), budget)]
            for piece in pieces:
                if found[-1] and len(found[-1]) + len(piece) > budget:
                    found.append([])
                found[-1] = found[-1] + piece
        return found[:most]


class Captions:
    """Texts as captions that fit the context."""

    def __init__(self, tokenizer: Any, texts: Sequence[str], context: int, *, whole: bool, items: bool = False):
        self.tokenizer, self.budget, self.items = tokenizer, context - 2, items
        made: dict[str, Caption] = {}
        for text in texts:
            if text not in made:
                made[text] = Caption(tokenizer, text, whole=whole, items=items)
        self.captions = [made[text] for text in texts]

    def draw(self, rows: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        """int64 ids and mask (rows, longest) of captions: some items, or from a sentence drawn for each."""
        if self.items:
            return self.pad([self.captions[row].draw_items(self.budget, rng) for row in rows])
        return self.pad(
            [
                self.captions[row].draw_sentences(self.budget, int(rng.integers(len(self.captions[row].parts))))
                for row in rows
            ]
        )

    def pad(self, ids: Sequence[Sequence[int]]) -> tuple[Array, Array]:
        """Ids between their ends, padded to the longest, and the mask of what is not padding."""
        first, last, pad = (
            self.tokenizer.bos_token_id,
            self.tokenizer.eos_token_id,
            self.tokenizer.pad_token_id,
        )
        rows = [[first, *row[: self.budget], last] for row in ids]
        longest = max(map(len, rows))
        whole = np.full((len(rows), longest), pad, dtype=np.int64)
        mask = np.zeros_like(whole)
        for n, row in enumerate(rows):
            whole[n, : len(row)], mask[n, : len(row)] = row, 1
        return whole, mask
