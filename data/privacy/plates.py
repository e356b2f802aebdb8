"""Licence plates (GA 36): five places behind the city's letter, six of new-energy vehicles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from data.privacy.entity import Entity, Finding
from data.privacy.recogniser import Recogniser

_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLACE = "A-HJ-NP-Za-hj-np-z0-9"
_GAP = r"[ \-·.。]{0,2}"
_SERIAL = (
    rf"[{_PLACE}](?:{_GAP}[{_PLACE}]){{3}}(?:{_GAP}[{_PLACE}]{{2}}|"
    rf"{_GAP}[{_PLACE}挂学警港澳领])(?![A-Za-z0-9])"
)
_FULL = re.compile(rf"[{_PROVINCE}]{_GAP}[A-Za-z]{_GAP}(?P<serial>{_SERIAL})")
_NEAR = re.compile(rf"车牌(?:号码?|照)?(?:是|为)?[ :]{{0,3}}(?P<plate>[A-Za-z]{_GAP}(?P<serial>{_SERIAL}))")


class Plates(Recogniser):
    """Finds them with the province's character, or behind the word 车牌."""

    supported_entities = (Entity.PLATE,)

    def find(self, text: str) -> Iterator[Finding]:
        """Find in a folded text."""
        for match in _FULL.finditer(text):
            if sum(letter.isdigit() for letter in match["serial"]) >= 3:
                yield Finding(Entity.PLATE, match.start(), match.end(), 0.95)
        for match in _NEAR.finditer(text):
            if sum(letter.isdigit() for letter in match["serial"]) >= 3:
                yield Finding(Entity.PLATE, *match.span("plate"), 0.8)
