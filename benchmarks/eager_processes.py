"""The eager PyTorch baseline as several processes at once on one device.

    python benchmarks/eager_processes.py WIDTH P SECONDS     # one of the processes, which waits for a line to begin

Every process says when it is warm; then all begin together, and each says how many epochs a second it made.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib.util import find_spec

DROPOUT, BATCH = 0.2, 512


def missing() -> str | None:
    """Why there is no baseline, or None where there is."""
    try:
        found = find_spec("torch") is not None
    except ImportError:
        found = False
    return None if found else "no PyTorch here: the baseline is left out"


def epochs_per_second(width: int, p: int, n: int, seconds: float) -> float:
    """Model-epochs a second of n processes together.

    Raises:
        RuntimeError: a process ended before it was done.
    """
    command = [sys.executable, __file__, str(width), str(p), str(seconds)]
    # the data are made by JAX, which must not take the device's memory
    env = os.environ | {"JAX_PLATFORMS": "cpu"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    processes = [subprocess.Popen(command, env=env, text=True, **pipes) for _ in range(n)]  # type: ignore[call-overload]
    try:
        for process in processes:
            said = process.stdout.readline()
            if said != "warm\n":
                raise RuntimeError(f"a process of the baseline ended with {process.wait()} before it began")
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        return sum(float(process.communicate()[0]) for process in processes)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def main() -> None:
    import numpy as np
    import torch
    from eager import Trainer

    from grokscope.tasks import Modular
    from grokscope.training.lane import stream_key

    width, p, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    torch.set_default_device("cuda" if torch.cuda.is_available() else "cpu")
    arrays = Modular(p).arrays(stream_key(0, "data"))
    x, y, val_x, val_y = (torch.tensor(np.asarray(array), dtype=torch.long) for array in arrays)
    trainer = Trainer((x, y, val_x, val_y), p + 2, width, DROPOUT, BATCH)
    trainer.epoch()
    print("warm", flush=True)
    sys.stdin.readline()
    began, epochs = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        trainer.epoch()  # which reads its losses, so the device is done with it
        epochs += 1
    print(epochs / (time.perf_counter() - began))


if __name__ == "__main__":
    main()
