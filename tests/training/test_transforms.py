"""Pruning schemes, each against what it says it does; and how many entries the published schemes keep."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grokscope import AdamW, Run, Seeds
from grokscope.measurements import Watch
from grokscope.nets import Complete, Transformer
from grokscope.spec import InputError
from grokscope.suite import parse_suite
from grokscope.suite.specs import run_from_spec
from grokscope.tasks import Sine, Xor
from grokscope.training.pack import precision
from grokscope.training.params import named_arrays
from grokscope.training.transforms import RandomPrune, Rewind, Scheme, Threshold, TopK, TrilDamp, TrilPrune
from grokscope.training.transforms.scheme import strength

from .lane_helpers import RUN as MODULAR
from .lane_helpers import advance_alone, start_lane

RUN = Run(
    Xor(),
    Complete(5),
    AdamW(0.01, 0.0, 0.9, 0.999),
    Watch(),
    Seeds.all(4),
    batch_size=-1,
    max_epochs=10,
    precision="float64",
    loss="squared",
)


def net(hidden: int = 5, seed: int = 0) -> Any:
    return Complete(hidden).build(Xor.signature, key=jax.random.key(seed), dtype="float32")


def apply_scheme(scheme: Scheme, net: Any, progress: float = 0.0, steps: int = 1, seed: int = 0) -> tuple[Any, Any]:
    hyper = {name: jnp.float32(value) for name, value in scheme.traced_part().items()}
    state = scheme.start(net)
    for step in range(steps):
        key = jax.random.key(seed + step)
        net, state = scheme.apply(net, state, hyper, jnp.float32(progress), key)
    return np.asarray(net.weights), state


TOPK = {5: [4, 9, 14, 19, 24, 28, 33, 38, 43], 8: [9, 19, 29, 39, 49, 59, 69, 79, 89]}
AT_END = {5: (0.999, TOPK[5]), 8: (0.975, [10, 20, *TOPK[8][2:]])}


@pytest.mark.parametrize("hidden", [5, 8])
@pytest.mark.parametrize("tenth", range(1, 10))
def test_as_many_are_kept_as_published(hidden: int, tenth: int) -> None:
    one = net(hidden)
    kept, _ = apply_scheme(TopK(keep=tenth / 10), one)
    assert np.count_nonzero(kept) == TOPK[hidden][tenth - 1]
    assert np.abs(kept[kept != 0]).min() > np.abs(np.asarray(one.weights)[kept == 0]).max()
    progress, expected = AT_END[hidden]
    rising, _ = apply_scheme(TopK(keep=tenth / 10, schedule="rising"), one, progress)
    assert np.count_nonzero(rising) == expected[tenth - 1]


def test_a_rising_schedule_is_a_fourth_power_of_a_sine() -> None:
    x = jnp.array([0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 0.999])
    np.testing.assert_allclose(strength("rising", x), [0.0006, 0.0214, 0.25, 0.7286, 0.9517, 0.9969, 1.0], atol=6e-5)
    np.testing.assert_array_equal(strength("constant", x), 1)
    assert np.count_nonzero(apply_scheme(TopK(keep=0.0, schedule="rising"), net())[0]) == 48


def test_random_masks_are_a_runs_own_and_stay() -> None:
    ones = dataclasses.replace(net(40), weights=jnp.ones((41, 43)))
    once, _ = apply_scheme(RandomPrune(0.3), ones, steps=1)
    assert (once == 0).mean() == pytest.approx(0.3, abs=0.03)
    np.testing.assert_array_equal(once, apply_scheme(RandomPrune(0.3), ones, steps=5)[0])
    anew, _ = apply_scheme(RandomPrune(0.3, mask="every"), ones, steps=5)
    assert (anew != 0).mean() == pytest.approx(0.7**5, abs=0.03)
    assert (once != apply_scheme(RandomPrune(0.3), ones, seed=9)[0]).any()


def test_a_threshold_is_given_or_the_median_of_the_first_step() -> None:
    one = net()
    size = np.abs(np.asarray(one.weights))
    np.testing.assert_array_equal(apply_scheme(Threshold(0.5), one)[0] != 0, size >= 0.5)
    half, (_, (least, steps)) = apply_scheme(Threshold(at="median"), one, steps=3)
    assert float(least) == np.sort(size.ravel())[23]
    assert (np.count_nonzero(half), int(steps)) == (25, 3)


def test_triangles() -> None:
    one = net()
    before, lower = np.asarray(one.weights), np.tri(6, 8, -1, dtype=bool)
    np.testing.assert_allclose(apply_scheme(TrilDamp(0.25), one)[0], np.where(lower, before * 0.75, before), rtol=1e-6)
    np.testing.assert_allclose(
        apply_scheme(TrilDamp(0.8, schedule="rising"), one, 0.5)[0], np.where(lower, before * 0.8, before), rtol=1e-6
    )
    np.testing.assert_array_equal(apply_scheme(TrilPrune(), one)[0], np.where(lower, 0, before))
    np.testing.assert_array_equal(apply_scheme(TrilPrune(2), one)[0], np.where(np.tri(6, 8, 1, dtype=bool), 0, before))


def test_a_scheme_goes_before_another_with_numbers_of_its_own() -> None:
    both = TopK(keep=0.25, before=TrilPrune(before=RandomPrune(0.4)))
    assert both.traced_part() == {"keep": 0.25, "before.diagonal": 0, "before.before.removed": 0.4}
    one = net()
    kept, _ = apply_scheme(both, one)
    assert not kept[np.tri(6, 8, -1, dtype=bool)].any()
    assert np.count_nonzero(kept) == 12
    masked = apply_scheme(RandomPrune(0.4), one, seed=0)[0] == 0
    again = dataclasses.replace(RUN, transform=both)
    assert (
        again.shape
        == dataclasses.replace(RUN, transform=TopK(keep=0.9, before=TrilPrune(1, before=RandomPrune()))).shape
    )
    assert masked.any()
    assert run_from_spec(again.spec) == again


def test_what_is_pruned_may_come_back_or_may_not() -> None:
    scheme = TopK(keep=0.5)
    hyper = {"keep": jnp.float32(0.5)}
    for regrowth, comes_back in (("allowed", True), ("never", False)):
        scheme = TopK(keep=0.5, regrowth=regrowth)  # type: ignore[arg-type]
        one = net()
        pruned, state = scheme.apply(one, scheme.start(one), hyper, jnp.float32(0), jax.random.key(0))
        zero = tuple(np.argwhere(np.asarray(pruned.weights) == 0)[0])
        moved = dataclasses.replace(pruned, weights=pruned.weights.at[zero].set(50.0))
        after, _ = scheme.apply(moved, state, hyper, jnp.float32(0), jax.random.key(0))
        assert (after.weights[zero] == 50) == comes_back


def test_rewinding_goes_back_to_early_values_with_ever_fewer_connections() -> None:
    scheme = Rewind(keep=0.25, rounds=2)
    hyper = {name: jnp.float32(value) for name, value in scheme.traced_part().items()}
    one = net()
    state = scheme.start(one)
    counts, early = [], None
    for epoch in range(12):
        moved = jax.tree.map(lambda a: a + 0.1 if hasattr(a, "shape") else a, one)
        one, state = scheme.apply(moved, state, hyper, jnp.float32(epoch / 12), jax.random.key(epoch))
        counts.append(int(np.count_nonzero(one.weights)))
        early = one if epoch == 0 else early
        if epoch in (4, 8):
            kept = np.asarray(one.weights) != 0
            np.testing.assert_array_equal(np.asarray(one.weights)[kept], np.asarray(early.weights)[kept])
            np.testing.assert_array_equal(one.values, early.values)
    assert counts == [48] * 4 + [24] * 4 + [12] * 4


@pytest.mark.parametrize(
    "scheme",
    [
        TopK(keep=0.5, schedule="rising"),
        RandomPrune(0.5),
        Threshold(at="median"),
        Rewind(keep=0.5, rounds=1),
        TrilDamp(),
    ],
    ids=lambda scheme: scheme.kind,
)
def test_in_training_a_scheme_has_the_last_word(scheme: Scheme) -> None:
    run = dataclasses.replace(RUN, transform=scheme)
    lane, _ = advance_alone(run, 10)
    weights = named_arrays(run, lane.state.params)["weights"]
    if isinstance(scheme, TrilDamp):
        assert np.abs(weights[np.tri(6, 8, -1, dtype=bool)]).max() < 0.01
    else:
        assert 10 < np.count_nonzero(weights) < 38
    np.testing.assert_array_equal(named_arrays(run, advance_alone(run, 10)[0].state.params)["weights"], weights)


def test_pruning_alone_is_a_learning_rate_of_nothing() -> None:
    run = dataclasses.replace(RUN, optimiser=AdamW(0.0, 0.0), transform=TopK(keep=0.5))
    with precision(run.shape):
        first = named_arrays(run, start_lane(run).state.params)["weights"]
    after = named_arrays(run, advance_alone(run, 3)[0].state.params)["weights"]
    assert np.count_nonzero(after) == 24
    np.testing.assert_array_equal(after[after != 0], first[after != 0])


def test_a_net_without_a_matrix_of_weights_says_so() -> None:
    run = dataclasses.replace(MODULAR, net=Transformer(8), transform=TopK(keep=0.5))
    words = "transform top_k: found TransformerNet, expected a net with a matrix weights"
    with precision(run.shape), pytest.raises(InputError, match=words):
        start_lane(run)


def test_schemes_are_written_in_yaml() -> None:
    suite = parse_suite("""
name: schemes
study: order
experiments:
  one:
    task: xor
    net: {kind: complete, hidden: 5}
    optimiser: {kind: adamw, weight_decay: 0}
    measurement: watch
    loss: squared
    seeds: [0]
    transform:
      - {kind: top_k, keep: [0.3, 0.5], schedule: rising, before: {kind: random_prune, removed: [0.1, 0.2]}}
      - tril_prune
""")
    assert {run.transform for run in suite.runs} == {
        TrilPrune(),
        *(TopK(keep=k, schedule="rising", before=RandomPrune(p)) for k in (0.3, 0.5) for p in (0.1, 0.2)),
    }


def test_the_sine_is_trained_on_as_published() -> None:
    run = dataclasses.replace(RUN, task=Sine(), batch_size=10)
    assert run.steps_per_epoch == 15
