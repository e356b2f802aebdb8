"""Memory that a training step frees stays with the process, for the next step."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # of mallopt(3)


def keep_freed_memory() -> bool:
    """Tell glibc not to hand freed memory back to the system; give whether it will.

    A step's large tensors are freed and asked for again hundreds of times a second, and each time the
    system would clear their pages anew: a fifth of a pretraining step's time on a processor with AMX. The
    price is that the process stays as large as it ever was, and where sizes change from step to step, as in
    fine-tuning, that it grows, since what is freed fits nothing: only for shapes that stay.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None)
    if not hasattr(libc, "mallopt"):  # musl has none
        return False
    wishes = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_TOP_PAD: 2**26}
    return all([bool(libc.mallopt(name, value)) for name, value in wishes.items()])
