"""Layout: the columns of an output, those of the input first and as they were, then ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.taxonomy import Taxonomy
from model.prediction import Prediction
from serving.bulk.choices import Names
from serving.bulk.record import Record, prediction_of
from serving.sheet import Cell
from serving.spreadsheet import scores_cell, tag_cells, tag_headings
from serving.wording import evidence_text, sentences_text

PROVENANCE = {"tagged_at": "打标时间", "text_hash": "文本哈希", "file": "来源文件", "row": "行号"}
STATE = ("evidence", "needs_review", "review_reasons", "unread_chars", "model")
SENTENCES = {"several_matters": "一件多诉", "sentence_tags": "分句标签"}
JSON_OURS = ("id", "tags", *STATE[1:], *PROVENANCE)
COINED: Mapping[str, str] = {"text": "内容", "id": "编号"}
BETWEEN = ";"  # in English columns, where labels are ids


class Layout:
    """Records to rows of a table, or to JSON objects."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        headings: Sequence[str],
        names: Names,
        coined: Sequence[str] = (),
        matters: bool = False,
    ) -> None:
        """Fix the columns.

        Args:
            taxonomy: of the Export.
            headings: of the inputs, all together; one that is ours too gets （原） or _input behind it.
            names: language of our columns.
            coined: those of the headings that are this program's own words, not the inputs'.
            matters: the records tell what each sentence speaks of.
        """
        self._taxonomy, self._names, self.matters = taxonomy, names, matters
        self._headings = list(headings)
        behind = {**(SENTENCES if matters else {}), **PROVENANCE}
        self.ours = [*_tags_in(names, taxonomy), *(behind.values() if names is Names.zh else behind)]
        self._json = (*JSON_OURS, "matters") if matters else JSON_OURS
        mark = "（原）" if names is Names.zh else "_input"
        shown = [COINED[h] if h in coined and names is Names.zh else h for h in headings]
        self.inputs = _apart(shown, self.ours, mark)
        self.headings = [*self.inputs, *self.ours]

    def row(self, record: Record) -> list[Cell]:
        """Cells of one report."""
        prediction = prediction_of(record)
        sentences: list[Cell] = []
        if self.matters:
            several, told = self.sentences(record, prediction)
            sentences = [self._truth(several), told]
        return [*self.input_cells(record), *self._tags(prediction), *sentences, *_provenance(record)]

    def sentences(self, record: Record, prediction: Prediction) -> tuple[bool, str]:
        """Whether there are several matters, and the beginning of each sentence that has tags, with these."""
        matters, said = prediction.matters, record.get("said", ())
        if matters is None:  # read by a person alone
            return False, ""
        if self._names is Names.zh:
            return matters.several, sentences_text(said)
        ids = [[tag.label for tags in s.tags.values() for tag in tags] for s in matters.sentences]
        pairs = zip(said, ids, strict=True)
        return matters.several, BETWEEN.join(f'"{words}": {",".join(labels)}' for (words, _), labels in pairs)

    def input_cells(self, record: Record) -> list[str]:
        """The cells that came with it; one that its file does not have is ""."""
        cells = record["cells"]
        return [cells.get(heading, "") for heading in self._headings]

    def shape(self, record: Record) -> dict[str, Any]:
        """JSON object of one report: its own fields, then those of the Prediction, then where it came from.

        A field `id` of its own that is the Prediction's stays where it stood.
        """
        cells = record["cells"]
        shared = cells.get("id", "").strip() in ("", record["id"])
        ours = self._json[1:] if shared else self._json
        own = dict(zip(_apart(list(cells), ours, "_input"), cells.values(), strict=True))
        return {**own, **{key: record[key] for key in self._json if key in record}}

    def _tags(self, prediction: Prediction) -> list[Cell]:
        if self._names is Names.zh:
            return tag_cells(prediction, self._taxonomy)
        row: list[Cell] = []
        for axis in self._taxonomy.axes:
            tags = prediction.tags.get(axis.id, ())
            row += [BETWEEN.join(tag.label for tag in tags), scores_cell(tags, BETWEEN)]
        row += [
            evidence_text(prediction),
            self._truth(prediction.needs_review),
            BETWEEN.join(prediction.review_reasons),
        ]
        return [*row, prediction.unread_chars, prediction.model]

    def _truth(self, value: bool) -> str:
        return ("是" if value else "否") if self._names is Names.zh else ("true" if value else "false")


def _tags_in(names: Names, taxonomy: Taxonomy) -> list[str]:
    if names is Names.zh:
        return tag_headings(taxonomy)
    return [name for axis in taxonomy.axes for name in (axis.id, f"{axis.id}_score")] + list(STATE)


def _provenance(record: Record) -> list[Cell]:
    return [record[key] for key in PROVENANCE]


def _apart(headings: Sequence[str], ours: Sequence[str], mark: str) -> list[str]:
    """Rename headings that are ours too, or that a renamed one has become."""
    taken, names = {*ours}, []
    for heading in headings:
        name = heading
        while name in taken:
            name += mark
        taken.add(name)
        names.append(name)
    return names
