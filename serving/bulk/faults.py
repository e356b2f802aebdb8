"""What a job can end in, beside errors of reading, of the Export and of the disk."""

from __future__ import annotations

from serving.faults import Code


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


class WorkerFault(JobFault):
    """What ended a worker of a cluster; `code` is what the command ends with."""

    def __init__(self, message: str, code: Code = Code.NO_FILE) -> None:
        """Keep the code."""
        super().__init__(message)
        self.code = code


class NotInstalled(JobFault):
    """The extra is missing."""


class EngineFault(JobFault):
    """The engine fails whatever it reads: the machine or the program is at fault, not a report."""

    code = Code.INTERNAL
