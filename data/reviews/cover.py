"""Cover: the words of a review as they may be kept, identifiers replaced by as many stars."""

from __future__ import annotations

from data.privacy.masked_report import ReportMasker
from data.privacy.masker import Masker, Style
from data.privacy.officials import Officials
from data.report import Report

# Between title and text, so that a name told in one is covered in the other; kept by the stars.
_BETWEEN = "\n"


class Cover:
    """Covers identifiers; every character keeps its place, so that offsets of evidence stay right."""

    def __init__(self, officials: Officials = Officials.keep) -> None:
        """Take how much is covered of officials."""
        self._masker = Masker(officials.kept, Style.stars)
        self._ids = ReportMasker(self._masker)

    def report(self, report: Report) -> tuple[str, str]:
        """Give title and text, each as long as it was."""
        whole = _storable(self._masker.mask(f"{report.title}{_BETWEEN}{report.text}").text)
        border = len(report.title)
        return whole[:border], whole[border + len(_BETWEEN) :]

    def id(self, id: str) -> str:
        """Give a report's id: only one that is a resident's identity number is covered."""
        return self._ids.id(Report(id, ""))

    def note(self, note: str) -> str:
        """Give an officer's note."""
        return _storable(self._masker.mask(note).text)


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd")  # PostgreSQL keeps no NUL
