"""Which strategy a pack uses, and how many lanes."""

import dataclasses

import numpy as np
import pytest

from grokscope import AdamW, Seeds
from grokscope.measurements import Watch
from grokscope.nets import Complete, Transformer
from grokscope.run import Run
from grokscope.tasks import Modular, Xor
from grokscope.training import strategy
from grokscope.training.devices import lane_bucket
from grokscope.training.outcomes import Job
from grokscope.training.pack import Pack
from grokscope.training.strategy import Choice, choose, default_choice, estimate_max_lanes
from grokscope.training.transforms import TopK

from .lane_helpers import RUN, matrix, run_to_end, with_precision


def test_a_cpu_takes_one_lane_at_a_time_unless_many_wait() -> None:
    assert default_choice(RUN.shape, 100) == Choice("loop", 1, "default")
    assert choose(RUN.shape, RUN, waiting=3) == Choice("loop", 1, "default")


def test_the_fastest_candidate_is_chosen_where_measuring_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Choice] = []

    def speed(shape: object, sample: Run, choice: Choice) -> float:
        seen.append(choice)
        return 2.0 if choice.strategy == "vmap" else 1.0

    monkeypatch.setattr(strategy, "lane_epochs_per_second", speed)
    strategy.measure_choice.cache_clear()
    chosen = choose(RUN.shape, RUN, waiting=10_000)
    strategy.measure_choice.cache_clear()
    assert chosen == Choice("vmap", 4, "measured")
    assert {choice.strategy for choice in seen} == {"loop", "vmap"}


def test_an_accelerator_takes_as_many_as_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy.jax, "default_backend", lambda: "gpu")
    assert default_choice(RUN.shape, 7) == Choice("vmap", 7, "default")
    assert default_choice(RUN.shape, 10**6).lanes == estimate_max_lanes(RUN.shape)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_speed_is_measured_in_the_precision_of_the_runs(precision: str) -> None:
    run = with_precision(RUN, precision)
    assert strategy.lane_epochs_per_second(run.shape, run, Choice("loop", 1, "measured")) > 0


def test_wider_and_more_precise_lanes_are_fewer() -> None:
    def lanes(**fields: object) -> int:
        return estimate_max_lanes(dataclasses.replace(RUN, task=Modular(97), batch_size=512, **fields).shape)  # type: ignore[arg-type]

    narrow, wide = {"net": Transformer(8)}, {"net": Transformer(64)}
    assert lanes(**narrow, precision="float32") > lanes(**wide, precision="float32") > lanes(**wide) >= 1
    assert lanes(net=Transformer(4096)) == 1


@pytest.mark.parametrize(("n", "width"), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (8, 8), (9, 16), (1000, 1024)])
def test_buckets_are_powers_of_two(n: int, width: int) -> None:
    assert lane_bucket(n) == width


def test_tiny_steps_are_taken_together_even_on_a_cpu() -> None:
    tiny = Run(Xor(), Complete(5), AdamW(), Watch(), batch_size=-1, loss="squared")
    assert strategy.is_tiny(tiny.shape)
    assert not strategy.is_tiny(RUN.shape)
    assert choose(tiny.shape, tiny, waiting=10_000) == Choice("vmap", 256, "default")
    assert choose(tiny.shape, tiny, waiting=3) == Choice("vmap", 4, "default")


def test_a_pack_of_many_lanes_is_each_run_alone() -> None:
    runs = [
        Run(
            Xor(),
            Complete(3, 2),
            AdamW(0.01, 0.0),
            Watch(),
            Seeds.all(seed),
            batch_size=-1,
            max_epochs=5 + seed % 3,
            precision="float64",
            loss="squared",
            transform=TopK(keep=0.5),
        )
        for seed in range(256)
    ]
    together = run_to_end(Pack(runs[0].shape, "vmap"), [Job(run) for run in runs])
    assert len(together) == 256
    for run in runs[::101]:
        alone = run_to_end(Pack(run.shape, "loop"), [Job(run)])[run.identity]
        np.testing.assert_allclose(matrix(together[run.identity].trace), matrix(alone.trace), rtol=1e-9)


@pytest.mark.parametrize(
    ("devices", "room", "lanes"),
    [(1, 1, [1]), (1, 16, [16]), (1, 1000, [16, 64, 256, 512]), (4, 1000, [64, 256, 512]), (4, 4, [4]), (3, 50, [48])],
)
def test_packs_grow_fourfold_to_what_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch, devices: int, room: int, lanes: list[int]
) -> None:
    monkeypatch.setattr(strategy, "n_devices", lambda: devices)
    assert strategy.ladder(room) == lanes


@pytest.mark.parametrize(
    ("speeds", "lanes"),
    [
        ({16: 1.0, 64: 3.0, 256: 3.2}, 64),  # wider, and hardly faster
        ({16: 1.0, 64: 3.0, 256: 9.0, 512: 16.0}, 512),
        ({16: 1.0, 64: 0.0}, 16),  # does not fit
        ({16: 0.0}, 1),
    ],
)
def test_an_accelerator_widens_a_pack_while_that_pays(
    monkeypatch: pytest.MonkeyPatch, speeds: dict[int, float], lanes: int
) -> None:
    monkeypatch.setattr(strategy.jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(strategy, "fitting_lanes", lambda shape, sample: 1000)
    monkeypatch.setattr(strategy, "lane_epochs_per_second", lambda shape, sample, choice: speeds[choice.lanes])
    strategy.measure_choice.cache_clear()
    assert choose(RUN.shape, RUN, waiting=10_000) == Choice("vmap", lanes, "measured")
    strategy.measure_choice.cache_clear()


def test_no_pack_is_wider_than_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy.jax, "default_backend", lambda: "gpu")
    monkeypatch.setattr(strategy, "fitting_lanes", lambda shape, sample: 4096)
    monkeypatch.setattr(strategy, "lane_epochs_per_second", lambda shape, sample, choice: float(choice.lanes))
    strategy.measure_choice.cache_clear()
    assert choose(RUN.shape, RUN, waiting=99) == Choice("vmap", 128, "measured")
    strategy.measure_choice.cache_clear()


def test_the_compiler_says_how_much_a_lane_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(Xor(), Complete(5), AdamW(), Watch(), batch_size=-1, loss="squared")
    taken = strategy.bytes_per_lane(run.shape, run)
    assert taken > 4 * 256 * 7, "room for a chunk's records alone"
    monkeypatch.setattr(strategy, "bytes_per_lane", lambda shape, sample: 2.0**30)
    strategy.fitting_lanes.cache_clear()
    assert strategy.fitting_lanes(run.shape, run) == 4, "half of the 8 GiB that are taken for granted"
    monkeypatch.setattr(strategy, "bytes_per_lane", lambda shape, sample: 0.0)
    strategy.fitting_lanes.cache_clear()
    assert strategy.fitting_lanes(run.shape, run) == estimate_max_lanes(run.shape)
    strategy.fitting_lanes.cache_clear()
