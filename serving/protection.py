"""Protection: what a command was told about reporters: masking, sealed mode, watch list, audit log."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from data.audit import Action
from data.audit_tally import Tally, audit_path, recorded
from data.privacy.masked_report import Masking, ReportMasker
from data.privacy.masker import Masker, Style
from data.privacy.officials import Officials
from data.privacy.watch_list import WatchList
from model.guard import Guard
from serving.faults import WrongUse
from serving.sealed import seal, sealed_by

MASK, OFFICIALS, WATCH_LIST = "PETITION_MASK", "PETITION_OFFICIALS", "PETITION_WATCH_LIST"


@dataclass(frozen=True)
class Protection:
    """Of one job.

    Attributes:
        masking: how much is masked.
        sealed: nothing of a report may be stored.
        watch_list: file of names whose reports a person handles.
        audit: the audit log.
        officials: how much is covered of the accused and of holders of posts, where something is.
    """

    masking: Masking = Masking.none
    sealed: bool = False
    watch_list: Path | None = None
    audit: Path | None = None
    officials: Officials = Officials.keep

    @classmethod
    def chosen(
        cls,
        masking: Masking | None = None,
        sealed: bool = False,
        watch_list: Path | None = None,
        officials: Officials | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Protection:
        """Put flags and environment together. A flag adds to what the environment demands, and takes nothing.

        Raises:
            WrongUse: a variable cannot be read.
        """
        asked = environment.get(MASK, "") or Masking.none.value
        least = environment.get(OFFICIALS, "") or Officials.keep.value
        for name, value, known in ((MASK, asked, list(Masking)), (OFFICIALS, least, list(Officials))):
            if value not in known:
                raise WrongUse(f"环境变量 {name} 只能是 {'、'.join(known)} 之一")
        list_path = environment.get(WATCH_LIST, "")
        return cls(
            Masking(asked).stricter(masking or Masking.none),
            sealed or sealed_by(environment),
            watch_list or (Path(list_path) if list_path else None),
            audit_path(environment),
            Officials(least).stricter(officials or Officials.keep),
        )

    @property
    def covers(self) -> bool:
        """Whether what is written down of a report is less than its words."""
        return self.sealed or self.masking is not Masking.none

    def guard(self, stored: bool) -> Guard:
        """The Guard of a job; seals the process where that is asked for.

        Args:
            stored: whether the output goes to a file. In sealed mode it then holds no words.

        Raises:
            BadWatchList: the list cannot be used.
        """
        if self.sealed:
            seal()
        return Guard(self.masking, self.names(), self.sealed and stored, ReportMasker(self.masker()))

    def masker(self, style: Style = Style.label) -> Masker:
        """What covers, all classes but what is kept of officials."""
        return Masker(self.officials.kept, style)

    def names(self) -> WatchList | None:
        """The watch list; None where there is none.

        Raises:
            BadWatchList: it cannot be used.
        """
        return WatchList.load(self.watch_list) if self.watch_list is not None else None

    def recorded(self, action: Action, **facts: str | int) -> AbstractContextManager[Tally]:
        """Record a command in the audit log: `data.audit_tally.recorded`.

        Raises:
            OSError, BadAudit: the log cannot be written.
        """
        return recorded(self.audit, action, facts)
