"""Modular addition of the study of paths in plain PyTorch, written apart from the engine, seed by seed.

    python benchmarks/addition.py --w0 0.1 --seeds 64 --epochs 24           # times: 5 seconds a seed
    python benchmarks/addition.py --w0 0.5 --weight-decay 3e-4 --seeds 6    # ends of 400 epochs: 2 minutes a seed
    python benchmarks/addition.py --w0 0.1 0.2 0.4 --batch-size 200 --seeds 3

What rests on few seeds in the acceptance table is compared with it. Epochs are counted from 0, as the reference does.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

P, WIDTH, FRACTIONS = 113, 512, np.linspace(0, 1, 101)


class End(NamedTuple):
    """t_train, t_test, mean running loss of the last epoch, test loss and accuracy, compressibility."""

    t_train: int
    t_test: int
    train_loss: float
    test_loss: float
    unpruned: float
    c: float

    @property
    def groks(self) -> bool:
        """Definition 2."""
        return self.t_test - self.t_train > self.t_train


class Addition:
    """One seed: the table, its split, a net of one hidden layer."""

    def __init__(self, seed: int, w0: float):
        generator = torch.Generator().manual_seed(seed)
        self.a, self.b = torch.arange(P).repeat_interleave(P), torch.arange(P).repeat(P)
        self.sum = (self.a + self.b) % P
        order = torch.randperm(P * P, generator=generator)
        n_test = int(0.3 * P * P)
        self.train, self.test = order[: P * P - n_test], order[P * P - n_test :]
        first = torch.randn(2 * P, WIDTH, generator=generator) * (2 / (2 * P + WIDTH)) ** 0.5
        second = torch.randn(WIDTH, P, generator=generator) * (2 / (WIDTH + P)) ** 0.5
        self.net = [w0 * first, torch.zeros(WIDTH), w0 * second, torch.zeros(P)]

    def logits(self, rows: Tensor, net: list[Tensor]) -> Tensor:
        first, first_bias, second, second_bias = net
        hidden = torch.relu(first[self.a[rows]] + first[P + self.b[rows]] + first_bias)
        return hidden @ second + second_bias

    def right(self, rows: Tensor, net: list[Tensor]) -> int:
        return int((self.logits(rows, net).argmax(1) == self.sum[rows]).sum())

    def run(self, weight_decay: float, batch_size: int, epochs: int) -> End:
        for parameter in self.net:
            parameter.requires_grad_()
        optimiser = torch.optim.Adam(self.net, lr=5e-3, weight_decay=weight_decay)
        train_acc, test_acc, loss_sum = [], [], 0.0
        for _ in range(epochs):
            hits, loss_sum = 0, 0.0
            for rows in self.train.split(batch_size):
                logits = self.logits(rows, self.net)
                loss = cross_entropy(logits, self.sum[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                hits += int((logits.argmax(1) == self.sum[rows]).sum())
                loss_sum += loss.item() * len(rows)
            train_acc.append(hits / len(self.train))
            with torch.no_grad():
                test_acc.append(self.right(self.test, self.net) / len(self.test))
        with torch.no_grad():
            test_loss = cross_entropy(self.logits(self.test, self.net), self.sum[self.test]).item()
        mean = loss_sum / len(self.train)
        return End(there(train_acc), there(test_acc), mean, test_loss, test_acc[-1], self.compressibility())

    @torch.no_grad()
    def compressibility(self) -> float:
        """1 / (1 - area under test accuracy), smallest weights of each layer set to zero first."""
        orders = {k: self.net[k].abs().flatten().argsort() for k in (0, 2)}
        accuracy = []
        for fraction in FRACTIONS:
            net = [tensor.clone() for tensor in self.net]
            for k, order in orders.items():
                net[k].view(-1)[order[: round(fraction * len(order))]] = 0
            accuracy.append(self.right(self.test, net) / len(self.test))
        return float(1 / (1 - np.trapezoid(accuracy, FRACTIONS)))


def there(accuracy: list[float]) -> int:
    """The first epoch within 5 % of the largest accuracy."""
    return int(np.argmax(np.array(accuracy) >= 0.95 * max(accuracy)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--w0", type=float, nargs="+", default=[0.1])
    parser.add_argument("--weight-decay", type=float, default=3e-5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for w0 in options.w0:
        ends = []
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            ends.append(Addition(seed, w0).run(options.weight_decay, options.batch_size, options.epochs))
            said = ", ".join(f"{name} {value:.4g}" for name, value in ends[-1]._asdict().items())
            print(f"w0 = {w0:g}, seed {seed}: {said}", flush=True)
        for name in End._fields:
            values = np.array([getattr(end, name) for end in ends], float)
            error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
            print(f"w0 = {w0:g}, mean {name}: {values.mean():.4g} +- {error:.2g} (standard error)")
        print(f"w0 = {w0:g}: {sum(end.groks for end in ends)} of {len(ends)} seeds grok by definition 2", flush=True)


if __name__ == "__main__":
    main()
