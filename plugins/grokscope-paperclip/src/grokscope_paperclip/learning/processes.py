"""The processes that train together: only the first writes, and all do what it decides."""

from __future__ import annotations

import os
from typing import Any, TypeVar

import torch

T = TypeVar("T")


def accelerate_settings() -> dict[str, Any]:
    """Arguments of Accelerate: without a GPU, several processes talk to one another only if it is said."""
    return {"cpu": True} if "LOCAL_RANK" in os.environ and not torch.cuda.is_available() else {}


class ProcessGroup:
    """This process among those that `accelerate launch` began; alone without it."""

    def __init__(self) -> None:
        from accelerate import PartialState

        self._state = PartialState(**accelerate_settings())

    @property
    def is_main(self) -> bool:
        """True of the process that writes, prints and decides."""
        return bool(self._state.is_main_process)

    def wait(self) -> None:
        """Wait until all processes have come here."""
        self._state.wait_for_everyone()

    def broadcast(self, value: T) -> T:
        """The first process's value, in all of them."""
        from accelerate.utils import broadcast_object_list

        told = [value]
        if self._state.num_processes > 1:
            broadcast_object_list(told)
        return told[0]
