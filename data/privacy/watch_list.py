"""Watch list: names and offices whose reports a person handles; such a report is not scored, not stored."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from data.clean import clean
from data.disguise import undisguise
from data.encoding import find_encoding
from data.errors import DataError
from data.privacy.folded import fold
from data.privacy.nested import inside
from data.report import Report

SHORTEST = 2
"""Characters of an entry: one alone would stand in every report."""
# What may be put between the characters of a name to hide it: blanks, signs, pictures, encircled characters.
# Marks that end a clause are not among them: the end of one and the beginning of the next make no name.
_BETWEEN = re.compile(r"(?:[^\w,，、;；:：!！?？…]|[_\u2460-\u24ff\u3200-\u33ff])+")
# Where something stands between all the characters of a name, it is there to hide it, be it a clause's mark,
# a letter or a digit. A name of two characters has one such place, as 李、明 has in a list: it is left out.
_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_APART = f"[^{_HAN}]{{1,6}}"
_LEAST_APART = 3
_ALL_HAN = re.compile(f"[{_HAN}]{{{_LEAST_APART},}}")


class BadWatchList(DataError):
    """A watch list that cannot be used."""


class WatchList:
    """Looks for names in a report, whatever the width, case, signs and other spellings in them."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the names.

        Raises:
            BadWatchList: one is too short, or there is none.
        """
        listed = list(dict.fromkeys(names))
        # In both forms: as listed, and as a text without disguise would have it (氵去 is 法).
        found = dict.fromkeys(form for name in listed for form in (_plain(name), _undisguised(name)))
        if not found:
            raise BadWatchList("no name in it; write one a line")
        for place, name in enumerate(map(_plain, listed), 1):
            if len(name) < SHORTEST:
                raise BadWatchList(
                    f"entry {place} has fewer than {SHORTEST} characters; write the whole name"
                )
        # The longest first, for speed alone; any match will do.
        self._names = re.compile("|".join(map(re.escape, sorted(found, key=len, reverse=True))))
        apart = [_APART.join(name) for name in found if _ALL_HAN.fullmatch(name)]
        self._apart = re.compile("|".join(apart)) if apart else None
        self.size = len({_plain(name) for name in listed})
        self._listed = "\n".join(sorted(found))

    @classmethod
    def load(cls, path: Path) -> WatchList:
        """Read a file: one name or office a line; blank lines and lines that begin with # do not count.

        Raises:
            BadWatchList: it cannot be read, or holds no name. The message quotes none.
        """
        try:
            with path.open(encoding=find_encoding(path)) as file:
                lines = [line.strip().lstrip("\ufeff").strip() for line in file]
        except OSError as error:
            raise BadWatchList(f"{path}: {error.strerror or 'cannot be read'}") from None
        except DataError as error:
            raise BadWatchList(str(error)) from None
        try:
            return cls(line for line in lines if line and not line.startswith("#"))
        except BadWatchList as error:
            raise BadWatchList(f"{path}: {error}") from None

    def fingerprint(self) -> str:
        """Tell one list from another, in 32 hexadecimal digits; slow to make, since whose names are on a list
        is soon guessed, and what is written down must not confirm guesses by the million."""
        made = hashlib.scrypt(self._listed.encode(), salt=b"petition watch list", n=2**14, r=8, p=1, dklen=16)
        return made.hex()

    def meets(self, report: Report) -> bool:
        """Tell whether any field of a report names one of them; neither markup nor disguise hides it."""
        words = [report.title, report.text, report.channel, report.region, report.time]
        words += [*report.extra.values(), *report.cells.values(), *([report.id] if _own_id(report) else [])]
        return self.meets_words(dict.fromkeys(words))

    def meets_words(self, fields: Iterable[str]) -> bool:
        """Tell whether any of these texts names one of them, or anything in an object or list as JSON."""
        return any(self._in(words) for field in filter(None, fields) for words in (field, *inside(field)))

    def _in(self, field: str) -> bool:
        for text in (field, undisguise(clean(field)).text):
            folded = fold(text).text.casefold()
            if self._names.search(_BETWEEN.sub("", folded)):
                return True
            if self._apart is not None and self._apart.search(folded):
                return True
        return False


def _own_id(report: Report) -> bool:
    """Whether a report's id is its own, and not made of the file's name: a file that an office is named by
    would else be withheld as a whole."""
    made = report.row and report.id.endswith(f":{report.row}")
    return not made or report.id in map(str.strip, report.cells.values())


def _undisguised(text: str) -> str:
    """Without markup, and with traditional, split and styled characters as everybody reads them."""
    return _plain(undisguise(clean(text)).text)


def _plain(text: str) -> str:
    return _BETWEEN.sub("", fold(text).text.casefold())
