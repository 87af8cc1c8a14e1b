"""The published XOR perceptron in plain PyTorch: what loss to expect of it, and how lucky five tries can be.

    python benchmarks/perceptron.py [--seeds 256]

2-2-1, sigmoid after both layers, the framework's own beginning, Adam at 0.01, mean squared error, all four examples in
every step: as the published code trains it, each network with a seed of its own. The published figure shows the mean of
five tries, about 0.004 at the end of the shortest, 1,025 steps; the report of `order-quick` has the same of ours.
Needs the extra `bench`.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor, nn

EXAMPLES = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
TARGETS = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
STEPS = 1025
"""Of the shortest published try."""
STUCK, TRIES = 0.1, 5


def loss_after(seed: int, steps: int = STEPS) -> float:
    """Mean squared error that the last of so many steps begins with."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        optimiser.zero_grad()
        loss: Tensor = (net(EXAMPLES) - TARGETS).square().mean()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return loss.item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=256)
    args = parser.parse_args()
    torch.set_num_threads(1)
    losses = torch.tensor([loss_after(seed) for seed in range(args.seeds)])
    stuck = float((losses > STUCK).float().mean())
    error = float(losses.std()) / args.seeds**0.5
    print(f"PyTorch {torch.__version__}, {args.seeds} seeds, {STEPS} steps")
    print(f"loss: mean {losses.mean():.4f} ± {error:.4f} (standard error), median {losses.median():.4f}")
    print(f"above {STUCK:g}: {stuck:.0%}; that none of {TRIES} is: {(1 - stuck) ** TRIES:.0%}")


if __name__ == "__main__":
    main()
