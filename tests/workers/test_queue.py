"""Waiting runs: shapes stay together, and the shape that needs a worker most comes first."""

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from grokscope import AdamW, Run, Seeds
from grokscope.measurements import Groks
from grokscope.nets import Transformer
from grokscope.tasks import Modular
from grokscope.training.padding import padded_shape
from grokscope.workers.queue import FEW, ShapeQueue

NARROW = Run(Modular(13), Transformer(8), AdamW(), Groks())
WIDE = dataclasses.replace(NARROW, net=Transformer(16))
WIDEST = dataclasses.replace(NARROW, net=Transformer(32))


def several(run: Run, n: int) -> list[Run]:
    return [dataclasses.replace(run, seeds=Seeds.all(seed)) for seed in range(n)]


def cost(run: Run) -> float:
    return float(run.net.dim)  # type: ignore[attr-defined]


def test_runs_of_a_shape_come_in_order_and_together() -> None:
    narrow, wide = several(NARROW, 3), several(WIDE, 2)
    queue = ShapeQueue([narrow[0], wide[0], narrow[1], wide[1], narrow[2]])
    assert len(queue) == 5
    assert queue.take(2, WIDE.shape) == (wide, 0, None)
    assert queue.take(2, NARROW.shape) == (narrow[:2], 1, None)
    assert queue.take(5, NARROW.shape) == (narrow[2:], 0, None)
    assert len(queue) == 0


def test_a_shape_that_is_used_up_or_unknown_gives_nothing() -> None:
    queue = ShapeQueue(several(NARROW, 1))
    queue.take(1, NARROW.shape)
    for shape in (NARROW.shape, WIDE.shape, None):
        assert queue.take(1, shape) == ([], 0, None)


def test_most_work_comes_first() -> None:
    queue = ShapeQueue([*several(NARROW, 5), *several(WIDEST, 3), *several(WIDE, 2)], work=cost)
    shapes = [queue.take(10).items[0].shape for _ in range(3)]
    assert shapes == [WIDEST.shape, NARROW.shape, WIDE.shape]


def test_a_second_worker_compiles_a_shape_only_where_it_must() -> None:
    queue = ShapeQueue([*several(WIDEST, 4), *several(WIDE, 5), *several(NARROW, 4)], work=cost)
    begun = []
    for _ in range(4):
        begun.append(queue.take(1, workers=2).items[0].shape)
        queue.worker_joins(begun[-1])
    assert begun == [WIDEST.shape, WIDE.shape, NARROW.shape, WIDEST.shape], "96 are left of it, 64 and 24 of the others"
    queue.worker_leaves(WIDEST.shape)
    queue.worker_leaves(WIDE.shape)
    assert queue.take(1, workers=2).items[0].shape == WIDE.shape, "nobody is on it"


def test_a_shape_with_most_of_all_work_gets_most_of_the_workers() -> None:
    queue = ShapeQueue([*several(WIDE, 8), *several(NARROW, 6)], work=cost)
    for _ in range(2):
        assert queue.take(1, workers=2).items[0].shape == WIDE.shape, "112 of 160 for one are more than 80 for each"
        queue.worker_joins(WIDE.shape)
    assert queue.take(1, workers=2).items[0].shape == NARROW.shape
    queue.worker_leaves(WIDE.shape)
    queue.worker_leaves(WIDE.shape)
    assert queue.take(1, workers=2).items[0].shape == WIDE.shape


def test_a_run_can_come_back() -> None:
    queue = ShapeQueue(several(NARROW, 1), work=cost)
    (run,) = queue.take(1).items
    queue.put(run)
    assert queue.take(1) == ([run], 0, None)


def test_runs_that_are_to_be_apart_come_first_and_alone() -> None:
    narrow, wide = several(NARROW, 4), several(WIDE, 9)
    queue = ShapeQueue([*wide, *narrow[2:]], work=cost)
    queue.put_apart(narrow[:2])
    queue.put_apart([])
    assert len(queue) == 13
    assert queue.take(1, NARROW.shape) == (narrow[2:3], 1, None), "nobody in mid work gets them"
    group = queue.take(1)
    assert group == (narrow[:2], 0, None), "all of them, and nothing is said to wait that could join them"
    queue.put_back(group)
    assert queue.take(1) == group, "they are still apart"
    queue.put_back(queue.take(1, NARROW.shape))
    assert queue.take(9, NARROW.shape).items == narrow[3:]


@given(st.lists(st.tuples(st.sampled_from([NARROW, WIDE, WIDEST]), st.integers(0, 3)), max_size=20), st.integers(1, 4))
def test_every_run_comes_once_and_no_assignment_mixes_shapes(chosen: list[tuple[Run, int]], n: int) -> None:
    runs = [dataclasses.replace(run, seeds=Seeds.all(seed)) for run, seed in chosen]
    queue, taken = ShapeQueue(runs, work=cost), []
    while (offer := queue.take(n)).items:
        assert len(offer.items) <= n
        assert len({run.shape for run in offer.items}) == 1
        taken += offer.items
    assert sorted(run.identity for run in taken) == sorted(run.identity for run in runs)
    assert len(queue) == 0


def test_each_of_many_workers_is_offered_its_share_only() -> None:
    queue = ShapeQueue(several(NARROW, 101))
    assert queue.take(1, workers=4).waiting == 25
    queue.take(24, NARROW.shape, workers=4)
    queue.worker_joins(NARROW.shape)
    assert queue.take(1, workers=4).waiting == 25, "the three others share what is left"


def test_workers_are_shared_among_shapes_first() -> None:
    queue = ShapeQueue([*several(WIDE, 41), *several(NARROW, 41)], work=cost)
    first = queue.take(1, workers=4)
    assert (first.items[0].shape, first.waiting) == (WIDE.shape, 20)
    queue.worker_joins(WIDE.shape)
    second = queue.take(1, workers=4)
    assert (second.items[0].shape, second.waiting) == (NARROW.shape, 20)
    assert queue.take(1, workers=1).waiting == 39, "alone it takes all"


def of_prime(p: int, n: int) -> list[Run]:
    return several(dataclasses.replace(NARROW, task=Modular(p)), n)


def test_on_an_accelerator_primes_with_few_runs_share_a_padded_shape() -> None:
    few, more, far = of_prime(11, 3), of_prime(13, 2), of_prime(23, 4)
    padded = padded_shape(few[0].shape)
    queue = ShapeQueue([*few, *more, *far])
    first = queue.take(1, shares=True)
    assert first == (few[:1], 4, padded), "five runs of two primes are more than four of one"
    queue.worker_joins(padded)
    assert queue.take(3, padded, shares=True) == ([*few[1:], more[0]], 1, padded)
    assert queue.take(9, far[0].shape).items == far
    assert queue.take(9, padded, shares=True) == (more[1:], 0, padded)
    assert queue.take(9, padded, shares=True) == ([], 0, padded)


def test_a_shape_with_many_runs_keeps_its_packs_to_itself() -> None:
    many, few = of_prime(11, FEW), of_prime(13, 1)
    queue = ShapeQueue([*many, *few])
    padded = padded_shape(few[0].shape)
    assert padded_shape(many[0].shape) == padded
    assert queue.take(9, padded, shares=True) == (few, 0, padded)
    assert queue.take(1, shares=True) == (many[:1], FEW - 1, None)
    assert queue.take(1, shares=True) == (many[1:2], FEW - 2, padded), "now they are few"


def test_runs_of_a_padded_pack_that_are_to_be_apart_are_so_by_shape() -> None:
    few, more = of_prime(11, 2), of_prime(13, 1)
    queue = ShapeQueue()
    queue.put_apart([few[0], *more, few[1]])
    assert [queue.take(9, shares=True) for _ in range(2)] == [(few, 0, None), (more, 0, None)]
