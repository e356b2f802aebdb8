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
from serving.wording import evidence_text

PROVENANCE = {"tagged_at": "打标时间", "text_hash": "文本哈希", "file": "来源文件", "row": "行号"}
STATE = ("evidence", "needs_review", "review_reasons", "unread_chars", "model")
JSON_OURS = ("id", "tags", *STATE[1:], *PROVENANCE)
COINED: Mapping[str, str] = {"text": "内容", "id": "编号"}
BETWEEN = ";"  # in English columns, where labels are ids


class Layout:
    """Records to rows of a table, or to JSON objects."""

    def __init__(
        self, taxonomy: Taxonomy, headings: Sequence[str], names: Names, coined: Sequence[str] = ()
    ) -> None:
        """Fix the columns.

        Args:
            taxonomy: of the Export.
            headings: of the inputs, all together; one that is ours too gets （原） or _input behind it.
            names: language of our columns.
            coined: those of the headings that are this program's own words, not the inputs'.
        """
        self._taxonomy, self._names = taxonomy, names
        self._headings = list(headings)
        self.ours = [*_tags_in(names, taxonomy), *(PROVENANCE.values() if names is Names.zh else PROVENANCE)]
        mark = "（原）" if names is Names.zh else "_input"
        shown = [COINED[h] if h in coined and names is Names.zh else h for h in headings]
        self.inputs = _apart(shown, self.ours, mark)
        self.headings = [*self.inputs, *self.ours]

    def row(self, record: Record) -> list[Cell]:
        """Cells of one report."""
        return [*self.input_cells(record), *self._tags(prediction_of(record)), *_provenance(record)]

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
        ours = JSON_OURS[1:] if shared else JSON_OURS
        own = dict(zip(_apart(list(cells), ours, "_input"), cells.values(), strict=True))
        return {**own, **{key: record[key] for key in JSON_OURS}}

    def _tags(self, prediction: Prediction) -> list[Cell]:
        if self._names is Names.zh:
            return tag_cells(prediction, self._taxonomy)
        row: list[Cell] = []
        for axis in self._taxonomy.axes:
            tags = prediction.tags.get(axis.id, ())
            row += [BETWEEN.join(tag.label for tag in tags), scores_cell(tags, BETWEEN)]
        review = "true" if prediction.needs_review else "false"
        row += [evidence_text(prediction), review, BETWEEN.join(prediction.review_reasons)]
        return [*row, prediction.unread_chars, prediction.model]


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
