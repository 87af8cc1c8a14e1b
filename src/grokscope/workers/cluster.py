"""A Ray cluster as a site: a worker for every core, or for all accelerators, of every node that is there.

Ray starts and ends workers, knows the nodes, and carries messages. It is asked for no more: who gets which runs is
the pool's affair, as on one machine.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from grokscope.registry import included
from grokscope.training.chunk_clock import CHUNK_SECONDS
from grokscope.training.outcomes import Job
from grokscope.training.provenance import version
from grokscope.workers.actor import Actor
from grokscope.workers.assignment import Assignment
from grokscope.workers.messages import Message
from grokscope.workers.site import Ended, Place

LOOK_SECONDS = 1.0
WAIT_SECONDS = 60.0
CALLS = 3
"""Calls that an actor answers at once: the one that streams, an answer, and the order to stop."""


@dataclass
class Channel:
    """An actor and the stream of what it says."""

    actor: Any
    stream: Any


class Cluster:
    """Workers of the cluster that this process is connected to.

    Args:
        most: workers at most; by default as many as there is room for.
        chunk_seconds: how long a worker goes on between two reports.
        say: told when there is no room for any worker.
    """

    may_wait = True

    def __init__(
        self,
        most: int | None = None,
        *,
        chunk_seconds: float = CHUNK_SECONDS,
        say: Callable[[str], None] = lambda text: None,
    ):
        self._most, self._chunk_seconds, self._say = most, chunk_seconds, say
        self.channels: dict[Place, Channel] = {}
        self._nodes: dict[str, Mapping[str, Any]] = {}
        self._names: dict[str, str] = {}
        self._looked = -math.inf
        self._killed: list[Place] = []
        self._waits_since: float | None = time.monotonic()
        self._actor = ray.remote(Actor)

    def places(self, platform: str | None) -> Sequence[Place]:
        """Nodes in the order in which they joined, so that places stay what they are. Looks at them once a second."""
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._look()
        found = [Place(node, i) for node, has in self._nodes.items() for i in range(worker_capacity(has))]
        return found[: self._most]

    def start(self, place: Place) -> None:
        has = self._nodes[place.machine]
        core = None if has.get("GPU") else place.number
        there = NodeAffinitySchedulingStrategy(place.machine, soft=False)
        options = resource_options(has) | {"max_concurrency": CALLS, "scheduling_strategy": there}
        actor = self._actor.options(**options).remote(core, self._chunk_seconds, version(), included())
        self.channels[place] = Channel(actor, actor.talk.remote())

    def listen(self, seconds: float) -> Iterator[tuple[Place, Message | Ended]]:
        while self._killed:
            place = self._killed.pop()
            if place in self.channels:  # or else it has died meanwhile
                yield place, self._end(place, "was killed")
        places = {id(channel.stream): place for place, channel in self.channels.items()}
        for stream in wait_for_streams([channel.stream for channel in self.channels.values()], seconds):
            place = places[id(stream)]
            for message in self._read(place):
                self._waits_since = None
                yield place, message

    def give(self, place: Place, assignment: Assignment[Job]) -> None:
        self.channels[place].actor.give.remote(assignment)

    def stop(self) -> None:
        for channel in self.channels.values():
            channel.actor.stop.remote()

    def kill(self, place: Place) -> None:
        """Kill a worker and report its end at once: a node that cannot be reached would keep it waiting."""
        ray.kill(self.channels[place].actor)
        if place not in self._killed:
            self._killed.append(place)

    def _read(self, place: Place) -> Sequence[Message | Ended]:
        """Read the messages of a worker, which must be there, or how it ended."""
        try:
            messages: list[Message] = ray.get(next(self.channels[place].stream))
        except StopIteration:
            return [self._end(place, "ended", by_itself=True)]
        except RayTaskError as error:
            return [self._end(place, "failed", by_itself=True, words=last_line(error))]
        except RayActorError as error:
            if error.actor_init_failed:
                return [self._end(place, "failed", by_itself=True, words=last_line(error))]
            return [self._end(place, "died")]
        except RayError as error:  # what it said is lost, so it is of no use any more
            return [self._end(place, f"was cut off ({type(error).__name__})")]
        return messages

    def _end(self, place: Place, how: str, *, by_itself: bool = False, words: str = "Ray's logs may say more") -> Ended:
        ray.kill(self.channels.pop(place).actor)
        self._look()
        where = self._names[place.machine]
        lost = place.machine not in self._nodes
        return Ended(f"was lost with its node {where}" if lost else f"on {where} {how}", by_itself and not lost, words)

    def _look(self) -> None:
        """See which nodes there are; say so if that gives no worker a place."""
        self._looked = time.monotonic()
        alive = {node["NodeID"]: node for node in ray.nodes() if node["Alive"]}
        self._names |= {id: node["NodeManagerHostname"] for id, node in alive.items()}
        order = [id for id in self._nodes if id in alive] + [id for id in alive if id not in self._nodes]
        self._nodes = {id: alive[id]["Resources"] for id in order}
        if self._waits_since is not None and self._looked - self._waits_since > WAIT_SECONDS:
            self._waits_since = None
            n = sum(map(worker_capacity, self._nodes.values()))
            why = "which other work may hold" if n else "but more nodes may join"
            self._say(f"no worker has begun yet: there is room for {n} on {len(order)} nodes, {why}")


def worker_capacity(has: Mapping[str, float]) -> int:
    """Workers for a node: one a core; on accelerators one, for all of them together."""
    return 1 if has.get("GPU") else int(has.get("CPU", 0))


def resource_options(has: Mapping[str, float]) -> dict[str, float]:
    """Ray's options for the resources that a worker takes of such a node."""
    if has.get("GPU"):
        return {"num_gpus": has["GPU"], "num_cpus": min(1.0, has.get("CPU", 0))}
    return {"num_cpus": 1.0}


def wait_for_streams(streams: Sequence[Any], seconds: float) -> Sequence[Any]:
    """Streams with something to read, waited for up to so many seconds."""
    if not streams:
        time.sleep(seconds)
        return []
    ready, _ = ray.wait(streams, num_returns=1, timeout=seconds)
    if ready:
        ready, _ = ray.wait(streams, num_returns=len(streams), timeout=0)
    found: Sequence[Any] = ready
    return found


def last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]
