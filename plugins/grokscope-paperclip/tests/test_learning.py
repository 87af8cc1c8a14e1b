"""Losses, tokens, models, batches and the trainer, on shapes of a few pixels."""

from __future__ import annotations

import copy
import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grokscope.ledger import open_ledger
from grokscope.run import Seeds
from grokscope.spec import InputError, SpecError
from grokscope.training.provenance import now
from grokscope_paperclip.data import dataset
from grokscope_paperclip.data.dataset import Dataset
from grokscope_paperclip.data.layout import Folder
from grokscope_paperclip.evaluation import metrics
from grokscope_paperclip.learning import bundle, checkpoint, losses, sizes
from grokscope_paperclip.learning.batches import Batches, draw_pairing, elsewhere
from grokscope_paperclip.learning.model import Head, build, merge_lora
from grokscope_paperclip.learning.optimiser import lr_at, optimiser_of
from grokscope_paperclip.learning.parts import Clip, Contrast, Tuning
from grokscope_paperclip.learning.tokens import Caption, Captions, train_tokenizer
from grokscope_paperclip.learning.train import DivergedError, train
from grokscope_paperclip.record import record, record_failure

from . import extra  # noqa: F401
from .runs import NET, tiny

Splits = tuple[Dataset, Dataset]


@pytest.fixture(scope="session")
def splits(sky: Path) -> Splits:
    return dataset.load(Folder(sky), "train"), dataset.load(Folder(sky), "val")


def vectors(n: int, seed: int = 0) -> torch.Tensor:
    return torch.nn.functional.normalize(torch.from_numpy(np.random.default_rng(seed).standard_normal((n, 5))), dim=1)


SCALE, NOTHING = torch.tensor(4.605), torch.tensor(0.0)


def test_infonce_of_known_cosines() -> None:
    same = torch.ones(100, 1)
    assert float(losses.infonce(same, same, SCALE)) == pytest.approx(math.log(100), rel=1e-5)
    eye = torch.eye(100)
    assert float(losses.infonce(eye, eye, SCALE)) == pytest.approx(0.688, abs=1e-3)
    pair = torch.tensor([[1.0], [-1.0]])
    assert float(losses.infonce(pair, pair, SCALE)) == pytest.approx(math.log(1 + math.exp(-2 * 4.605)), rel=1e-3)


def test_losses_agree_with_numpy_and_with_one_another() -> None:
    x, y, own = vectors(12), vectors(12, 1), torch.arange(12)
    plain = metrics.infonce(x.numpy(), y.numpy(), 4.605)
    assert float(losses.infonce(x, y, SCALE)) == pytest.approx(plain)
    assert float(losses.multi_positive(x, y, SCALE, own)) == pytest.approx(plain)
    groups = torch.tensor([0, 0, 0, 1, 1, 2, 3, 4, 5, 5, 6, 7])
    scores = 4.605 * (x @ y.T).numpy()
    same = (groups[:, None] == groups[None, :]).numpy()
    by_row = scores - np.log(np.exp(scores).sum(1, keepdims=True))
    by_column = scores - np.log(np.exp(scores).sum(0, keepdims=True))
    shares = same / same.sum(1, keepdims=True)
    plain = -((shares * by_row).sum(1).mean() + (shares * by_column).sum(0).mean()) / 2
    assert float(losses.multi_positive(x, y, SCALE, groups)) == pytest.approx(plain)
    z = np.where(same, 1, -1)
    plain = np.log1p(np.exp(-z * (scores - 2))).sum() / 12
    assert float(losses.sigmoid(x, y, SCALE, torch.tensor(-2.0), groups)) == pytest.approx(plain)
    assert float(losses.sigmoid(x, y, NOTHING, NOTHING, own)) / 12 == pytest.approx(math.log(2))


SENTENCES = [f"Sentence number {n} is here." for n in range(9)]


@pytest.fixture(scope="session")
def tokenizer():  # type: ignore[no-untyped-def]
    return train_tokenizer([*SENTENCES, "A comet, seen deeply; size of the nucleus"], 400, 24)


@settings(max_examples=40)
@given(st.text(max_size=300), st.integers(10, 40), st.integers(0, 50))
def test_a_caption_fits_and_is_never_empty(tokenizer, text: str, context: int, seed: int) -> None:  # type: ignore[no-untyped-def]
    maker = Captions(tokenizer, [text], context, whole=False)
    ids, mask = maker.draw(np.zeros(3, int), np.random.default_rng(seed))
    assert 3 <= ids.shape[1] <= context
    assert ((mask.sum(axis=1) >= 3) & (ids[:, 0] == 2)).all()
    assert ((ids == tokenizer.eos_token_id).sum(axis=1) == 1).all()


def test_items_stand_alone_or_together(tokenizer) -> None:  # type: ignore[no-untyped-def]
    caption = Caption(tokenizer, "dusty comet, deep imaging; size of the nucleus", whole=False, items=True)
    assert len(caption.parts) == 3
    drawn = {tuple(caption.draw_items(80, np.random.default_rng(n))) for n in range(60)}
    assert {tuple(part) for part in caption.parts} <= drawn
    assert tuple(token for part in caption.parts for token in part) in drawn
    assert all(drawn)


def test_every_sentence_can_begin_a_caption_and_a_long_one_is_cut(tokenizer) -> None:  # type: ignore[no-untyped-def]
    caption = Caption(tokenizer, " ".join(SENTENCES), whole=False)
    begins = {tuple(caption.draw_sentences(8, start)[:5]) for start in range(9)}
    assert len(begins) == 9
    assert len(Caption(tokenizer, "word " * 10_000, whole=False).draw_sentences(20, 0)) == 20
    assert len(Caption(tokenizer, "word " * 10_000, whole=False).windows(20)) == 16
    assert tokenizer.eos_token_id != 2, "transformers pools by an old rule at 2"
    assert tokenizer.decode(tokenizer("A COMET")["input_ids"], skip_special_tokens=True).strip() == "a comet"


def trainable(towers: torch.nn.Module) -> set[str]:
    return {name for name, weight in towers.named_parameters() if weight.requires_grad}


@pytest.fixture(scope="session")
def base(trained: Path) -> str:
    return str(trained)


def test_each_mode_trains_what_it_says(base: str) -> None:
    net = dataclasses.replace(NET, base=sizes.digest(Path(base)))
    full, head, lora, scratch = (
        build(dataclasses.replace(net, mode=mode), Contrast(), seed=0, source=base)
        for mode in ("full", "head", "lora", "scratch")
    )
    assert len(trainable(full)) > 20
    assert trainable(head) == {n for n, _ in head.named_parameters() if n.startswith("heads")} | {"clip.logit_scale"}
    assert all("lora" in name or name == "clip.logit_scale" for name in trainable(lora))
    assert trainable(scratch) == trainable(full)
    kept = bundle.load(base).towers.clip.visual_projection.weight
    assert torch.equal(full.clip.visual_projection.weight, kept)
    assert not torch.equal(scratch.clip.visual_projection.weight, kept)
    assert sizes.count(net) == sizes.count(NET) == sum(w.numel() for w in full.parameters()) - 1


def test_heads_have_the_published_size() -> None:
    with torch.device("meta"):
        count = sum(w.numel() for width in (768, 512) for w in Head(width, 512).parameters())
    assert count + 1 == 3_280_129
    assert sizes.count(Clip(base="openai/clip-vit-base-patch16", mode="full", crop=224, context=77)) == 149_620_737


def test_merging_low_rank_additions_keeps_the_function(base: str) -> None:
    net = dataclasses.replace(NET, base="local:x", mode="lora")
    towers = build(net, Contrast(), seed=0, source=base).eval()
    with torch.no_grad():
        for name, weight in towers.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1)
    pixels = torch.randn(3, 3, 32, 32)
    before = towers.images(pixels).detach()
    after = merge_lora(copy.deepcopy(towers)).images(pixels).detach()
    assert torch.allclose(before, after, atol=1e-5)
    assert not any("lora" in name for name, _ in merge_lora(towers).named_parameters())


def test_a_kept_model_embeds_the_same(trained: Path, tmp_path: Path, splits: Splits) -> None:
    one = bundle.load(trained)
    bundle.save(one, tmp_path / "again")
    other = bundle.load(tmp_path / "again")
    pictures, texts = splits[1].get(np.arange(4)), ["a comet", "word " * 10_000, ""]
    assert np.allclose(one.embed_pictures(pictures), other.embed_pictures(pictures), atol=1e-6)
    assert np.allclose(one.embed_texts(texts), other.embed_texts(texts), atol=1e-6)
    assert np.allclose(np.linalg.norm(one.embed_texts(texts), axis=1), 1, atol=1e-5)
    with pytest.raises(InputError, match="expected a folder or a hub name"):
        bundle.load(tmp_path / "nowhere")


def test_batches_are_a_function_of_the_step_and_of_nothing_else(splits: Splits, tokenizer) -> None:  # type: ignore[no-untyped-def]
    run = tiny(*splits)
    one, other = Batches(run, splits[0], tokenizer), Batches(run, splits[0], tokenizer)
    for step in (0, 1, 2, 3):
        a = one.at(step)
        assert torch.equal(a.pixels, Batches(run, splits[0], tokenizer).at(step).pixels)
    assert torch.equal(other.at(3).ids, a.ids)
    halves = [Batches(run, splits[0], tokenizer, rank=r, world=2).at(3) for r in (0, 1)]
    assert torch.equal(torch.stack([h.pixels for h in halves], 1).flatten(0, 1), a.pixels)
    assert torch.equal(halves[0].groups, a.groups)
    parts = len(splits[0]) // 8
    seen = np.concatenate([one.choose_rows(n) for n in range(parts)])
    assert len(np.unique(seen)) == len(seen), "an epoch shows no image twice"
    several = Batches(dataclasses.replace(run, sampling="proposals"), splits[0], tokenizer)
    for step in range(5):
        groups = splits[0].proposals[several.rows[several.choose_rows(step)]]
        assert len(np.unique(groups)) == 8
    for each in (one, other, several):
        each.close()


def test_shuffled_pairs_are_fixed_and_of_other_proposals(splits: Splits) -> None:
    run = tiny(*splits, task={"pairing": "shuffled", "limit": 60})
    rows, shown = draw_pairing(run, splits[0])
    assert len(rows) == 60
    assert sorted(rows) == sorted(shown)
    assert (splits[0].proposals[rows] != splits[0].proposals[shown]).all()
    assert all(map(np.array_equal, draw_pairing(run, splits[0]), (rows, shown)))
    assert (elsewhere(np.zeros(5), np.random.default_rng(0)) >= 0).all(), "one group alone ends too"


def test_a_run_that_is_interrupted_comes_to_the_same_end(splits: Splits, tmp_path: Path) -> None:
    run, place = tiny(*splits), tmp_path / "checkpoint"

    def stop(step: int, row: dict[str, float]) -> None:
        raise KeyboardInterrupt

    whole = train(run, *splits)
    with pytest.raises(KeyboardInterrupt):
        train(run, *splits, place=place, watch=stop)
    said: list[str] = []
    resumed = train(run, *splits, place=place, say=said.append)
    assert "goes on from step 2" in said[0]
    for name, column in whole.trace.columns.items():
        assert np.allclose(column, resumed.trace[name], atol=1e-5, equal_nan=True), name
    place.write_bytes(place.read_bytes()[:-1])
    assert "checksum" in str(checkpoint.restore(place, run))


@pytest.mark.parametrize(
    "changes",
    [
        {"loss": Contrast("sigmoid")},
        {"loss": Contrast("infonce", "raw")},
        {"accumulate": 2},
        {"precision": "bfloat16"},
        {"sampling": "proposals", "rotation": "any"},
        {"task": {"captions": "abstract", "pairing": "batch"}},
    ],
    ids=str,
)
def test_every_setting_trains(splits: Splits, changes: dict[str, object]) -> None:
    done = train(tiny(*splits, steps=2, **changes), *splits)  # type: ignore[arg-type]
    assert np.isfinite(done.trace.running_loss).all()
    if changes.get("loss") == Contrast("infonce", "raw"):
        assert done.trace["scale"][-1] == pytest.approx(math.log(100), abs=0.01)


def test_from_a_folder_by_a_head_and_by_low_rank(splits: Splits, base: str, tmp_path: Path) -> None:
    for mode in ("head", "lora"):
        net = dataclasses.replace(NET, base=sizes.digest(Path(base)), mode=mode)
        done = train(tiny(*splits, net=net, steps=2), *splits, source=base)
        bundle.save(done.model, tmp_path / mode)
        again = bundle.load(tmp_path / mode)
        pictures = splits[1].get(np.arange(3))
        assert np.allclose(again.embed_pictures(pictures), done.model.embed_pictures(pictures), atol=1e-5)


def test_a_loss_that_is_not_finite_ends_the_run(splits: Splits, tmp_path: Path) -> None:
    run = tiny(*splits, optimiser=Tuning(lr=1e30, warmup=0, clip=0.0))
    with pytest.raises(DivergedError) as caught:
        train(run, *splits)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        record_failure(ledger, run, caught.value, now())
        assert ledger.show(run.identity)["status"] == "failed"


def test_a_run_is_in_the_ledger_like_any_other(splits: Splits, tmp_path: Path) -> None:
    run = tiny(*splits)
    assert run.identity != tiny(*splits, seeds=Seeds.all(1)).identity
    done = train(run, *splits)
    with open_ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.register("s", "text", [run])
        record(ledger, run, done, now())
        frame = ledger.runs(suite="s", where={"net.width": 32})
        assert frame["status"].tolist() == ["done"]
        assert frame["final_val_acc"][0] == done.trace.val_acc[-1]
        trace = ledger.trace(run.identity)
        assert trace["steps"].tolist() == [2, 4]
        assert np.array_equal(trace["cos_true"], done.trace["cos_true"])
        assert ledger.show(run.identity)["provenance"]["versions"]["torch"].startswith("2.13.0")


def test_the_rate_warms_up_and_falls_and_only_matrices_decay(splits: Splits) -> None:
    tuning = Tuning(lr=2.0, warmup=4)
    assert [lr_at(tuning, s, 8) for s in (0, 1, 3, 4, 6)] == pytest.approx([0.5, 1.0, 2.0, 2.0, 1.0])
    assert lr_at(dataclasses.replace(tuning, schedule="constant"), 7, 8) == 2.0
    towers = build(NET, Contrast(), seed=0)
    some, none = optimiser_of(towers, Tuning(weight_decay=0.3)).param_groups
    assert (some["weight_decay"], none["weight_decay"]) == (0.3, 0.0)
    assert all(w.ndim >= 2 for w in some["params"])
    assert all(w.ndim < 2 for w in none["params"])


RATES = {"cosine": [0.5, 1.0, (1 + 2**-0.5) / 2, (1 - 2**-0.5) / 2], "constant": [0.5, 1.0, 1.0, 1.0]}
"""Shares of the peak that steps 2, 4, 6 and 8 of 8 are made with, after 4 of warm-up."""


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_the_trace_has_the_rate_of_every_row_s_last_step(splits: Splits, schedule: str, tmp_path: Path) -> None:
    tuning = Tuning(lr=1e-3, warmup=4, schedule=schedule)  # type: ignore[arg-type]
    run = tiny(*splits, optimiser=tuning, steps=8)
    rates = [1e-3 * share for share in RATES[schedule]]
    done = train(run, *splits)
    assert done.trace["lr"].tolist() == pytest.approx(rates, rel=1e-12)

    def stop(step: int, row: dict[str, float]) -> None:
        if step == 6:
            raise KeyboardInterrupt

    place = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train(run, *splits, place=place, watch=stop)
    assert train(run, *splits, place=place).trace["lr"].tolist() == done.trace["lr"].tolist()


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda run: dataclasses.replace(run, batch_size=7, accumulate=2), "batch_size"),
        (lambda run: dataclasses.replace(run, batch_size=10**6), "batch_size"),
        (lambda run: dataclasses.replace(run, batch_size=2, accumulate=2), "accumulate"),
        (lambda _: Clip(width=40), "width"),
        (lambda _: Clip(crop=30), "crop"),
        (lambda _: Clip(mode="lora"), "mode"),
        (lambda _: Clip(context=3), "context"),
    ],
)
def test_a_spec_that_cannot_be_is_refused(splits: Splits, make, why: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError, match=why):
        make(tiny(*splits))
