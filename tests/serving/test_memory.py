"""What was freed goes back to the system, and not before it is free."""

from __future__ import annotations

import asyncio
import ctypes
import weakref
from pathlib import Path

import pytest

from serving import memory

MIB = 2**20


class Model:
    """Something that can be let go."""


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")
def test_freed_memory_goes_back_to_the_system() -> None:
    # The last block of each hundred stays, as what is in use does: the allocator cannot shrink by itself.
    blocks = [bytearray(b"x" * 2000) for _ in range(50_000)]
    kept = blocks[::100]
    del blocks
    before = resident()
    memory.trim()

    assert before - resident() > 50 * MIB
    assert len(kept) == 500


def test_it_waits_until_nobody_holds_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    held = [Model()]
    gone = weakref.ref(held[0])
    states: list[bool] = []
    monkeypatch.setattr(memory, "trim", lambda: states.append(gone() is None))

    async def wait() -> None:
        waiting = asyncio.create_task(memory.give_back(gone, 20))
        await asyncio.sleep(2 * memory.LOOK_S)
        assert not states
        held.clear()
        await waiting

    asyncio.run(wait())
    assert states == [True]


def test_it_gives_back_what_it_can_where_the_model_is_held_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    held, states = Model(), list[bool]()
    monkeypatch.setattr(memory, "trim", lambda: states.append(True))
    asyncio.run(memory.give_back(weakref.ref(held), 0.01))

    assert states == [True]
