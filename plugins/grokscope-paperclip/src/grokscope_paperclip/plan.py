"""Plans: pairs, work, time and memory of a suite, before anything is done."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from grokscope.cores import available_cores
from grokscope_paperclip.data.pictures import augment
from grokscope_paperclip.learning.run import FineTune
from grokscope_paperclip.suite import DataFacts, DataPlan, PaperclipSuite

OPERATIONS = 6.0
"""Operations a parameter and token (or patch): 2 forward, 2 for the gradient of what goes in, 2 of the weights."""

GPU_FLOPS = 120e12
"""bfloat16 operations a second that a training step reaches on one A100-class GPU, about 40 % of its peak."""

ACTIVATIONS = 34
"""Bytes a token, layer and unit of width of activations in bfloat16."""


@dataclass(frozen=True)
class Share:
    """One run's part. `flops` as a whole; `bytes` on a device: weights, gradients, AdamW's moments, activations."""

    name: str
    label: str
    n_params: int
    steps: int
    flops: float
    bytes: float


@dataclass(frozen=True)
class Plan:
    """The needs of a suite.

    Attributes:
        cpu_flops: operations a second of this machine; `picture_seconds`: what a picture takes one of its cores.
        pictures: shown to the towers over all runs, each decoded, turned and cropped anew.
        missing: what is not here yet, a line each.
    """

    suite: str
    shares: tuple[Share, ...]
    images: int
    disk: float
    cpu_flops: float
    pictures: int
    picture_seconds: float
    missing: tuple[str, ...]

    @property
    def flops(self) -> float:
        return sum(share.flops for share in self.shares)

    @property
    def cpu_hours(self) -> float:
        return self.flops / self.cpu_flops / 3600

    @property
    def gpu_hours(self) -> float:
        """Hours of arithmetic alone: the least that it can take."""
        return self.flops / GPU_FLOPS / 3600

    @property
    def picture_hours(self) -> float:
        """Hours of one core, beside the arithmetic."""
        return self.pictures * self.picture_seconds / 3600


def make_plan(suite: PaperclipSuite, known: DataFacts | None) -> Plan:
    """The plan of a suite; without a built data set, by what it says of it.

    Measures for a second how fast this machine multiplies matrices and makes pictures ready.
    """
    missing = []
    if known is None:
        expected = suite.data.images
        known = DataFacts("unbuilt", int(expected.get("train", 3000)), int(expected.get("val", 350)))
        missing.append("data: not built yet; sizes are what the suite says of it")
    missing += [f"base model {base}: a folder or the hub's, which this command does not ask" for base in suite.bases]
    shares = tuple(share_of(name, run) for name, runs in suite.runs(known).items() for run in runs)
    images = known.n_train + known.n_val
    disk = images * suite.data.size**2 * (3 if suite.data.colour else 1) * 0.25
    every = [run for runs in suite.runs(known).values() for run in runs]
    pictures = sum(run.steps * run.batch_size for run in every)
    ready = measure_picture_seconds(suite.data, every[0].net.crop)
    return Plan(suite.name, shares, images, disk, measure_flops(), pictures, ready, tuple(missing))


def share_of(name: str, run: FineTune) -> Share:
    """Work and memory of one run."""
    from grokscope_paperclip.learning.sizes import count

    sizes = _sizes(run)
    total = count(run.net) or sizes["n_params"]
    forward = {"head": 2.0, "lora": 4.0}.get(run.net.mode, OPERATIONS)
    work = run.steps * run.batch_size * forward * sum(sizes[k] * sizes[f"{k}_tokens"] for k in ("vision", "text"))
    trained = total if run.net.mode in ("full", "scratch") else total * 0.02
    micro = run.batch_size // run.accumulate
    live = micro * ACTIVATIONS * sum(sizes[f"{k}_tokens"] * sizes[f"{k}_units"] for k in ("vision", "text"))
    return Share(
        name, run.label, total, run.steps, work, 4 * total + 12 * trained + (0 if run.net.mode == "head" else live)
    )


def _sizes(run: FineTune) -> dict[str, Any]:
    """Block parameters, tokens and depth times width of both towers."""
    net = run.net
    if net.base == "tiny":
        blocks, units = 12 * net.width**2 * net.depth, net.width * net.depth
        patches = (net.crop // net.patch) ** 2 + 1
        return {
            "vision": blocks,
            "text": blocks,
            "vision_tokens": patches,
            "text_tokens": net.context,
            "vision_units": units,
            "text_units": units,
            "n_params": 2 * blocks,
        }
    large = "large" in net.base
    vision, text = (24, 1024) if large else (12, 768), (12, 768) if large else (12, 512)
    patches = (net.crop // (14 if large else 16)) ** 2 + 1
    found = {name: 12 * width**2 * depth for name, (depth, width) in (("vision", vision), ("text", text))}
    return found | {
        "vision_tokens": patches,
        "text_tokens": net.context,
        "vision_units": vision[0] * vision[1],
        "text_units": text[0] * text[1],
        "n_params": 149_620_737,
    }


def measure_flops() -> float:
    """Float32 operations a second that matrix products reach on all cores, halved: what training reaches of it.

    By CPU time, so that other work on the machine does not count.
    """
    import torch

    side = 512
    matrix = torch.rand(side, side)
    began, busy, rounds = time.perf_counter(), time.process_time(), 0
    while rounds < 3 or time.perf_counter() - began < 0.5:
        matrix @ matrix
        rounds += 1
    return len(available_cores()) * rounds * 2 * side**3 / (time.process_time() - busy) / 2


def measure_picture_seconds(data: DataPlan, crop: int) -> float:
    """Seconds of one core to decode a picture of this collection's size, turn it and crop it."""
    from PIL import Image

    rng, kept = np.random.default_rng(0), io.BytesIO()
    noisy = rng.integers(0, 256, (data.size // 4, data.size // 4), dtype=np.uint8)
    whole = Image.fromarray(noisy).resize((data.size, data.size)).convert("RGB" if data.colour else "L")
    whole.save(kept, "JPEG", quality=95)
    began, busy, rounds = time.perf_counter(), time.process_time(), 0
    while rounds < 3 or time.perf_counter() - began < 0.3:
        picture = np.asarray(Image.open(io.BytesIO(kept.getvalue())))
        augment(picture.reshape(data.size, data.size, -1), crop, rng)
        rounds += 1
    return (time.process_time() - busy) / rounds
