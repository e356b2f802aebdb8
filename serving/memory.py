"""Memory: what a model that was replaced held goes back to the system."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import weakref
from typing import Any

LOOK_S = 0.1


async def give_back(gone: weakref.ref[Any], patience: float) -> None:
    """Wait until nobody holds an object any more, `patience` seconds at most; then return freed memory.

    The allocator keeps freed blocks, in a pool for each thread that asked for them. A model is loaded in one
    thread and freed in another, so without this every reload would leave some of a model's size behind.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(patience):
            while gone() is not None:
                await asyncio.sleep(LOOK_S)
    await asyncio.to_thread(trim)


def trim() -> None:
    """Return freed blocks to the system; does nothing where the C library has no such call (musl, macOS)."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
