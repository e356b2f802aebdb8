"""A holdout that never moves: the same id falls on the same side on every machine and every day."""

from __future__ import annotations

import hashlib


def stable_split(id: str, share: float, salt: str = "") -> bool:
    """Tell whether a report belongs to the held-out side.

    Args:
        id: the report's id.
        share: held-out share, 0 to 1; a report held out at one share stays so at every larger share.
        salt: names the split, so that two splits are independent.

    Raises:
        ValueError: `share` is not within 0 to 1.
    """
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share must be within 0 and 1, not {share}")
    digest = hashlib.sha256(f"{salt}\0{id}".encode("utf-8", "surrogatepass")).digest()
    # 53 bits are what a float holds exactly, so the fraction stays below 1.
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53 < share
