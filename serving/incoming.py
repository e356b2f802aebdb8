"""Incoming: the body of a request as it arrives, and what is still on its way when the answer is given."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import Message, Receive

READ_OFF_S = 5.0
READ_OFF_BYTES = 64 * 2**20
"""For the rest of a refused body: what a large file takes in an office's network; beyond, it is cut off."""


class Incoming:
    """One request's body; called as ASGI's `receive`.

    Attributes:
        ended: all of it has come, or the client has gone.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive, self.ended = receive, False

    async def __call__(self) -> Message:
        """The next part."""
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self.ended = True
        return message

    async def read_off(self) -> None:
        """Take what still comes, and drop it, up to a limit.

        Where a connection is closed with bytes unread, the system resets it, and a client that sends all
        before it listens never sees its answer.
        """
        left = READ_OFF_BYTES
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READ_OFF_S):
                while not self.ended and left > 0:
                    left -= len((await self()).get("body", b""))
