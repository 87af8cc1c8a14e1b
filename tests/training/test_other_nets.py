"""Nets beside the published one, through the engine: they learn, and their arrays are kept by name."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np

from grokscope.measurements import Groks
from grokscope.nets import MLP, Transformer
from grokscope.training.optimisers import Adam
from grokscope.training.params import named_arrays, net_from_arrays
from grokscope.training.train import train

from .lane_helpers import RUN, advance_alone


def test_a_perceptron_memorises_a_table_and_its_arrays_are_kept_by_name() -> None:
    run = dataclasses.replace(
        RUN, net=MLP(32, init="xavier_normal"), optimiser=Adam(1e-2), measurement=Groks(0.95, 0.0), max_epochs=150
    )
    assert train(run).result.t_mem_eval is not None
    lane, _ = advance_alone(run, 1)
    arrays = named_arrays(run, lane.state.params)
    assert list(arrays) == ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    with jax.enable_x64(True):
        again = net_from_arrays(run, arrays)
        np.testing.assert_array_equal(again.layers[1].weight, arrays["layers.1.weight"])  # type: ignore[attr-defined]


def test_a_variant_trains_and_its_arrays_lead_back_to_it() -> None:
    run = dataclasses.replace(RUN, net=Transformer(8, 1, norm="layer", positions="learned", gate="none"))
    lane, records = advance_alone(run, 8)
    assert records[-1, 0] < records[0, 0]
    arrays = named_arrays(run, lane.state.params)
    assert {"positions", "norm_bias", "blocks.0.attn_norm_bias", "blocks.0.up"} < arrays.keys()
    assert "blocks.0.gate" not in arrays
    with jax.enable_x64(True):
        again = net_from_arrays(run, arrays)
        np.testing.assert_array_equal(again.positions, arrays["positions"])  # type: ignore[attr-defined]
        assert sum(array.size for array in arrays.values()) == run.n_params


def test_a_perceptron_memorises_by_stablemax() -> None:
    run = dataclasses.replace(
        RUN, net=MLP(64), optimiser=Adam(1e-2), measurement=Groks(0.95, 0.0), max_epochs=300, loss="stablemax"
    )
    done = train(run)
    assert done.result.t_mem_eval is not None
    assert done.trace.train_loss[-1] < 0.5 * done.trace.train_loss[0]
