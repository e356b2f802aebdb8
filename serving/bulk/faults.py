"""What a job can end in, beside errors of reading, of the Export and of the disk."""

from __future__ import annotations


class JobFault(Exception):
    """A job that cannot go on; the message (Chinese) says what to do, without a report's words."""


class OtherJob(JobFault):
    """What stands at the output belongs to a job of another input, model or settings."""


class InputChanged(JobFault):
    """An input changed or went away while it was read."""


class LostRows(JobFault):
    """Rows in are not rows out and rejects."""


class TooManyRejects(JobFault):
    """More rows cannot be read than the user allows."""


class Busy(JobFault):
    """Another process is at work on the same output."""
