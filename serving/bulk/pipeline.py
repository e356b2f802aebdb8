"""Pipeline: steps that work at the same time, each on another item; the order of items stays."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

HELD = 1  # items that wait between two steps; each chunk of rows is megabytes
_WAIT_S = 0.1  # between two looks at whether the whole has ended


class _End:
    """What follows the last item: an error of a step before, or none."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def overlap(source: Iterable[Any], *steps: Callable[[Any], Any]) -> Iterator[Any]:
    """Pass every item of the source through the steps, in order; source and steps have a thread each.

    What a step raises is raised here, after the items before it; when the caller goes away or is
    interrupted, every thread ends after the item in its hands.
    """
    stop = threading.Event()
    queues: list[queue.Queue[Any]] = [queue.Queue(HELD) for _ in range(len(steps) + 1)]

    def put(target: queue.Queue[Any], item: object) -> bool:
        while not stop.is_set():
            try:
                target.put(item, timeout=_WAIT_S)
                return True
            except queue.Full:
                continue
        return False

    def take(source: queue.Queue[Any]) -> Any:
        while not stop.is_set():
            try:
                return source.get(timeout=_WAIT_S)
            except queue.Empty:
                continue
        return _End()

    def feed() -> None:
        try:
            for item in source:
                if not put(queues[0], item):
                    return
            put(queues[0], _End())
        except BaseException as error:
            put(queues[0], _End(error))

    def work(step: Callable[[Any], Any], before: queue.Queue[Any], after: queue.Queue[Any]) -> None:
        while True:
            item = take(before)
            if isinstance(item, _End):
                put(after, item)
                return
            try:
                made = step(item)
            except BaseException as error:
                put(after, _End(error))
                return
            del item  # a chunk that has gone on must not be kept alive while this step waits
            if not put(after, made):
                return
            del made

    threads = [threading.Thread(target=feed, name="bulk-read", daemon=True)]
    for place, step in enumerate(steps):
        arguments = (step, queues[place], queues[place + 1])
        threads.append(threading.Thread(target=work, args=arguments, name=f"bulk-{place}", daemon=True))
    for thread in threads:
        thread.start()
    try:
        while True:
            item = take(queues[-1])
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        stop.set()
        for thread in threads:
            thread.join()
