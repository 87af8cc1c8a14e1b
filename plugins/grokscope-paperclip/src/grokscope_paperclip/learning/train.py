# mypy: no-warn-unused-ignores
"""The trainer: one run from its spec, resumed where it stood, on one process or on many through Accelerate."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from grokscope.measurements import Result, Trace
from grokscope_paperclip.data.dataset import Dataset
from grokscope_paperclip.learning import bundle
from grokscope_paperclip.learning.batches import Batch, Batches, draw_pairing
from grokscope_paperclip.learning.losses import contrast, gather
from grokscope_paperclip.learning.measure import Probe, measure
from grokscope_paperclip.learning.model import build, merge_lora
from grokscope_paperclip.learning.optimiser import lr_at, optimiser_of, set_lr
from grokscope_paperclip.learning.outcome import result_of
from grokscope_paperclip.learning.processes import accelerate_settings
from grokscope_paperclip.learning.run import FineTune
from grokscope_paperclip.learning.state import State
from grokscope_paperclip.learning.tokens import train_tokenizer


class DivergedError(Exception):
    """The loss left the finite numbers. `epoch`: the last row of the trace that was whole."""

    def __init__(self, message: str, epoch: int):
        super().__init__(message)
        self.epoch = epoch


@dataclass(frozen=True)
class Trained:
    """The outcome of a training. `model`: the weights of the best held-out retrieval, or the last ones of a control."""

    trace: Trace
    result: Result
    model: bundle.Model
    seconds: float
    device: str
    world: int


def train(
    run: FineTune,
    training: Dataset,
    held_out: Dataset,
    *,
    source: str | None = None,
    place: Path | None = None,
    watch: Callable[[int, dict[str, float]], None] = lambda step, row: None,
    say: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Train a run to its end.

    Args:
        source: folder or hub name of the base model, unless it is tiny.
        place: file of the checkpoint that it is resumed from and leaves while it is not at its end.

    Raises:
        InputError: the base model or the data cannot be used.
        DivergedError: the loss is not finite any more.
    """
    from accelerate import Accelerator

    accelerator = Accelerator(**accelerate_settings())
    model = initial_model(run, training, source)
    towers = model.towers
    batches = Batches(run, training, model.tokenizer, rank=accelerator.process_index, world=accelerator.num_processes)
    optimiser = optimiser_of(towers, run.optimiser)
    wrapped, optimiser = accelerator.prepare(towers, optimiser)
    state = State(run, towers, optimiser, place, say)
    probes = _probes(run, training, held_out)
    began = time.perf_counter()
    try:
        while state.step < run.steps:
            rows = []
            for _ in range(min(run.measurement.every, run.steps - state.step)):
                set_lr(optimiser, lr_at(run.optimiser, state.step, run.steps))
                rows.append(_step(run, wrapped, optimiser, batches, state.step, accelerator))
                state.step += 1
            towers.eval()
            row = _row(model, probes, rows, run, optimiser.param_groups[0]["lr"])
            if not np.isfinite(row["running_loss"]):
                raise DivergedError(f"the loss is {row['running_loss']} at step {state.step}", len(state.trace))
            state.add(row, began, main=accelerator.is_main_process)
            watch(state.step, row)
    finally:
        batches.close()
    trace = state.as_trace()
    if run.task.pairing == "true":
        towers.load_state_dict(state.best)
    final = bundle.Model(**vars(model) | {"towers": merge_lora(towers) if run.net.mode == "lora" else towers})
    texts = set(np.array(training.captions(run.task.captions))[draw_pairing(run, training)[1]])
    result = result_of(run, trace, final.n_params, len(texts), len(probes[0].distinct()[0]))
    device = f"{accelerator.device.type}:{_device_name(accelerator.device)}"
    return Trained(trace, result, final, state.seconds, device, accelerator.num_processes)


def initial_model(run: FineTune, training: Dataset, source: str | None) -> bundle.Model:
    """The model as the run begins, with the base model's tokenizer, or one trained on the captions.

    Raises:
        InputError: the base model cannot be used.
    """
    from transformers import AutoTokenizer

    towers = build(run.net, run.loss, seed=run.seeds.init, source=source)
    if source is not None:
        tokenizer = AutoTokenizer.from_pretrained(source)
    else:
        texts = [text for kind in ("abstract", run.task.captions) for text in training.captions(kind)]  # type: ignore[arg-type]
        tokenizer = train_tokenizer(texts, run.net.vocab, run.net.context)
    facts = {"run": run.identity, "spec": run.spec}
    return bundle.Model(towers, tokenizer, run.net.crop, run.net.context, training.size, training.colour, facts)


def _probes(run: FineTune, training: Dataset, held_out: Dataset) -> tuple[Probe, Probe]:
    rows, shown_with = draw_pairing(run, training)
    few = np.random.default_rng(run.seeds.data).permutation(len(rows))[: run.measurement.probe]
    val = np.arange(len(held_out))
    return (
        Probe.of(training, training.captions(run.task.captions), rows[few], shown_with[few]),
        Probe.of(held_out, held_out.captions(run.task.captions), val, val),
    )


def _step(
    run: FineTune, wrapped: Any, optimiser: Any, batches: Batches, step: int, accelerator: Any
) -> tuple[float, float, float]:
    """Loss, nearest-caption accuracy and gradient norm of one optimiser step."""
    wrapped.train()
    losses, hits = [], []
    for part in range(run.accumulate):
        batch: Batch = Batch(*(tensor.to(accelerator.device) for tensor in batches.at(step, part)))
        half = run.precision == "bfloat16"
        with torch.autocast(accelerator.device.type, torch.bfloat16, enabled=half):
            x, y, scale, bias = wrapped(batch.pixels, batch.ids, batch.mask)
        x, y = gather(x), gather(y)
        world = accelerator.num_processes
        order = torch.cat([torch.arange(rank, len(batch.groups), world) for rank in range(world)])
        loss = contrast(run.loss.kind_of, x, y, scale, bias, batch.groups[order.to(batch.groups.device)])
        accelerator.backward(loss / run.accumulate)
        losses.append(loss.detach())
        hits.append((x.detach() @ y.detach().T).argmax(1).eq(torch.arange(len(x), device=x.device)).float().mean())
    weights = [weight for weight in wrapped.parameters() if weight.requires_grad]
    norm = accelerator.clip_grad_norm_(weights, run.optimiser.clip or float("inf"))
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    return float(torch.stack(losses).mean()), float(torch.stack(hits).mean()), float(norm)


def _row(
    model: bundle.Model, probes: tuple[Probe, Probe], steps: list[Any], run: FineTune, lr: float
) -> dict[str, float]:
    """One row of the trace. `lr`: the learning rate of its last step."""
    running = np.mean(steps, axis=0)
    seen, held = (measure(model, probe, run.measurement.share) for probe in probes)
    weights = torch.cat([weight.detach().flatten() for weight in model.towers.parameters()])
    return {
        "running_loss": float(running[0]),
        "running_acc": float(running[1]),
        "grad_norm": float(running[2]),
        "train_loss": seen["choice_loss"],
        "train_acc": seen["acc"],
        "train_top1": seen["top1"],
        "val_loss": held["loss"],
        "val_acc": held["acc"],
        "val_top1": held["top1"],
        "val_top5": held["top5"],
        "cos_true": held["cos_true"],
        "cos_other": held["cos_other"],
        "auroc": held["auroc"],
        "scale": model.scale,
        "lr": lr,
        "param_norm": float(weights.norm()),
    }


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
