"""Schema: what goes over HTTP, checked by pydantic, to and from our own nouns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from data.report import Report
from data.taxonomy import Taxonomy
from model.export import Export
from model.prediction import Prediction

EXAMPLE = "领失业金，大厅喊我去街道，街道喊我去大厅，腿都跑细了"
ID_CHARS = 200


def _valid(text: str) -> str:
    """Refuse half a surrogate pair, which JSON can spell and no answer could carry."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("this is not valid Unicode: half a surrogate pair") from None
    return text


def cell(value: object) -> object:
    """A cell as a text: "" where it is empty (null, NaN), a number as it is written. All else stays."""
    if value is None or value != value:
        return ""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Words = Annotated[str, AfterValidator(_valid)]
Cell = Annotated[
    str, BeforeValidator(cell, json_schema_input_type=str | float | None), AfterValidator(_valid)
]
"""What a program may have read from a table: null for none, a number for a text."""
Id = Annotated[Cell, Field(max_length=ID_CHARS)]


class In(BaseModel):
    """What is sent: strict, no unknown fields, and no error that quotes it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, strict=True)


def field_names() -> frozenset[str]:
    """Names of the fields of all that may be sent, at any depth."""
    found, kinds = set[str](), [In]
    while kinds:
        kind = kinds.pop()
        found |= kind.model_fields.keys()
        kinds += kind.__subclasses__()
    return frozenset(found)


class ReportIn(In):
    """One report."""

    id: Id = Field("", description="Comes back with the prediction.")
    title: Cell = Field("", description="The heading, if it has one.")
    text: Words = Field(description="The report as received; offsets of evidence count its code points.")


def _only(name: str) -> dict[str, Any]:
    """JSON Schema of one of the three ways to give reports; null stands for what is not given."""
    others: dict[str, Any] = {
        other: {"type": "null"} for other in ("reports", "texts", "text") if other != name
    }
    if name != "text":
        others |= {"title": {"enum": ["", None]}, "id": {"enum": ["", None]}}
    given = {"type": "string" if name == "text" else "array"}
    return {"required": [name], "properties": {name: given, **others}}


class TagIn(In):
    """Reports to tag: `reports`, or `texts`, or one `text` (with `title` and `id`)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"reports": [{"id": "A-7", "title": "失业金", "text": EXAMPLE}], "evidence": "misconduct"},
                {"text": EXAMPLE},
            ],
            "oneOf": [_only("reports"), _only("texts"), _only("text")],
        }
    )

    reports: list[ReportIn] | None = None
    texts: list[Words] | None = Field(None, description="Reports that are nothing but a text.")
    text: Words | None = Field(None, description="One report.")
    title: Cell = ""
    id: Id = ""
    evidence: Literal["misconduct", "all", "none", "careful"] = Field(
        "misconduct",
        description="On which axes the words that carried a tag are told. `careful`: on all, found by "
        "reading the report again without each clause; many times as much work, and by our measurements it "
        "finds fewer of a reader's words than the default: it shows which clause a disputed tag hangs on.",
    )
    mask: Literal["none", "output", "input"] = Field(
        "none",
        description="Whether identifiers are covered in what comes out, or before the model reads it too. "
        "The service may demand more; a request cannot ask for less.",
    )
    matters: bool = Field(
        False, description="Tell also what each sentence speaks of, and whether there are several matters."
    )
    axes: list[str] | None = Field(None, description="The axes to answer; empty or null is all.")

    @model_validator(mode="after")
    def _one_of_three(self) -> TagIn:
        if sum(given is not None for given in (self.reports, self.texts, self.text)) != 1:
            raise ValueError("give exactly one of reports, texts and text")
        if self.text is None and (self.title or self.id):
            raise ValueError("title and id stand inside each of reports")
        return self

    def to_reports(self) -> list[Report]:
        """Our own nouns, in order."""
        if self.text is not None:
            return [Report(self.id, self.text, self.title)]
        if self.texts is not None:
            return [Report("", text) for text in self.texts]
        return [Report(report.id, report.text, report.title) for report in self.reports or ()]

    def field(self, place: int, name: str) -> str:
        """How a client finds a report's field in what it sent."""
        if self.text is not None:
            return name
        return f"texts[{place}]" if self.texts is not None else f"reports[{place}].{name}"


class EvidenceOut(BaseModel):
    """Words that carried a tag: code points [start, end) of the text or title as received."""

    start: int
    end: int
    text: str
    weight: float = Field(description="Share of all that speaks for the tag.")
    part: Literal["text", "title"]


class TagOut(BaseModel):
    """One label that was given."""

    label: str
    name: str
    score: float = Field(
        description="Calibrated probability; on an axis of kind many they need not sum to 1."
    )
    evidence: list[EvidenceOut] = Field(default_factory=list)


class SentenceOut(BaseModel):
    """A sentence with tags of its own: code points [start, end) of the text as received."""

    start: int
    end: int
    tags: dict[str, list[TagOut]] = Field(description="Axis to tags; axes without a tag are left out.")


class MattersOut(BaseModel):
    """What the sentences of a report speak of."""

    several: bool = Field(description="Two parts of the letter are about different domains.")
    sentences: list[SentenceOut] = Field(description="Those with a tag, in reading order.")


class PredictionOut(BaseModel):
    """All tags of one report."""

    index: int = Field(description="Place of the report in the request, from 0.")
    id: str
    tags: dict[str, list[TagOut]] = Field(description="Axis to tags, highest score first.")
    needs_review: bool = Field(description="A person should read this report.")
    review_reasons: list[str] = Field(description="`handle_by_hand`: no model has read it.")
    unread_chars: int = Field(description="Characters that a configured cap left unread; 0 without a cap.")
    model: str
    matters: MattersOut | None = Field(None, description="Where it was asked for; else there is no such key.")


class TagAnswer(BaseModel):
    """Predictions in the order of the reports."""

    predictions: list[PredictionOut]
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "predictions": [
                        {
                            "index": 0,
                            "id": "A-7",
                            "tags": {
                                "domain": [{"label": "social_security", "name": "社会保障", "score": 0.97}],
                                "misconduct": [
                                    {
                                        "label": "evasion",
                                        "name": "推诿扯皮",
                                        "score": 0.93,
                                        "evidence": [
                                            {"start": 5, "end": 12, "text": "大厅喊我去街道", "weight": 0.41,
                                             "part": "text"}
                                        ],
                                    }
                                ],
                            },
                            "needs_review": False,
                            "review_reasons": [],
                            "unread_chars": 0,
                            "model": "office@2027.1",
                        }
                    ]
                }
            ]
        }
    )  # fmt: skip


class PromiseOut(BaseModel):
    """What the Export guarantees to catch; shares lie in 0..1 and are those of the labelled file."""

    axis: str
    label: str = Field(description="Empty: any label of the axis.")
    caught: float = Field(description="At least this share of the reports that have it.")
    confidence: float = Field(description="Of all promises together.")
    by: Literal["review", "tag"] = Field(description="`review`: tagged or sent to a person.")
    border: float | None
    reports: int
    positives: int
    missed: int
    read: float = Field(description="Share of the reports that is caught, rightly or not.")
    marked: float = Field(description="Share that is caught without a tag.")
    precision: float = Field(description="Share of the caught that have it.")
    file_hash: str = Field(description="sha256 of the labelled file.")


def example(**shape: Any) -> ConfigDict:
    """The settings of a shape with one invented example in the API's description."""
    return ConfigDict(json_schema_extra={"examples": [shape]})


class ModelOut(BaseModel):
    """The Export that answers."""

    model_config = example(
        name="office", version="2027.1", encoder="petition-encoder", data_hash="5f1c" * 16, window=256,
        overlap=32, blind=True, labels={"misconduct": ["inaction", "evasion"]},
        thresholds={"misconduct": {"inaction": 0.41, "evasion": 0.38}},
        promises=[
            {"axis": "misconduct", "label": "evasion", "caught": 0.9, "confidence": 0.95, "by": "review",
             "border": 0.12, "reports": 1200, "positives": 140, "missed": 6, "read": 0.19, "marked": 0.06,
             "precision": 0.59, "file_hash": "9ab0" * 16}
        ],
        dev_metrics={"macro_f1": 0.8},
    )  # fmt: skip
    name: str
    version: str
    encoder: str
    data_hash: str
    window: int = Field(description="Tokens.")
    overlap: int = Field(description="Tokens.")
    blind: bool = Field(description="Reads without what tells who writes and from where.")
    labels: dict[str, list[str]]
    thresholds: dict[str, dict[str, float]]
    promises: list[PromiseOut] = Field(description="Where it was made by `petition tune`.")
    dev_metrics: dict[str, Any]


class Reloaded(BaseModel):
    """What a reload did."""

    model_config = example(
        model="office@2027.1", before="office@2026.12", golden_reports=24, largest_difference=0.000012
    )
    model: str
    before: str
    golden_reports: int = Field(description="Replayed before the switch.")
    largest_difference: float = Field(description="Of a golden score.")


class LabelOut(BaseModel):
    """One label."""

    id: str
    name: str
    name_en: str
    definition: str
    holds: list[str]
    excludes: list[str]
    aliases: list[str]
    parent: str | None


class AxisOut(BaseModel):
    """One axis."""

    id: str
    name: str
    name_en: str
    kind: Literal["many", "one"]
    labels: list[LabelOut]


class TaxonomyOut(BaseModel):
    """All axes and labels."""

    model_config = example(
        version="2027-01",
        axes=[
            {"id": "misconduct", "name": "作风问题", "name_en": "misconduct", "kind": "many",
             "labels": [
                 {"id": "evasion", "name": "推诿扯皮", "name_en": "passing the buck",
                  "definition": "几个部门互相推，没有一个受理。", "holds": ["大厅叫去街道，街道叫去大厅"],
                  "excludes": ["受理了但办得慢"], "aliases": ["踢皮球"], "parent": None}
             ]}
        ],
    )  # fmt: skip
    version: str
    axes: list[AxisOut]


class Ready(BaseModel):
    """Whether work is taken."""

    model_config = example(status="ready", model="office@2027.1")
    status: Literal["ready", "draining", "starting"]
    model: str


def prediction_shape(index: int, prediction: Prediction, axes: Sequence[str] | None) -> dict[str, Any]:
    """JSON shape of one prediction; with `axes`, only of these, reasons for review among it. None is all."""
    return only_axes({"index": index, **prediction.to_dict()}, axes)


def only_axes(shape: dict[str, Any], axes: Sequence[str] | None) -> dict[str, Any]:
    """The JSON shape of a prediction cut down to these axes; None is all."""
    if axes is not None:
        shape["tags"] = {axis: shape["tags"].get(axis, []) for axis in axes}
        for sentence in shape.get("matters", {}).get("sentences", ()):
            sentence["tags"] = {axis: tags for axis, tags in sentence["tags"].items() if axis in axes}
        wanted = {*axes, ""}
        reasons = [r for r in shape["review_reasons"] if r.rpartition(":")[0] in wanted]
        shape["review_reasons"], shape["needs_review"] = reasons, bool(reasons)
    return shape


def model_out(export: Export) -> ModelOut:
    """What an Export says of itself."""
    taxonomy = export.taxonomy
    thresholds: dict[str, Mapping[str, float]] = {
        axis.id: {
            label: round(float(t), 4)
            for label, t in zip(axis.label_ids, export.decisions[axis.id].thresholds, strict=True)
        }
        for axis in taxonomy.axes
    }
    return ModelOut(
        name=export.name, version=export.version, encoder=export.encoder, data_hash=export.data_hash,
        window=export.window, overlap=export.overlap, blind=export.blind,
        labels={axis.id: list(axis.label_ids) for axis in taxonomy.axes},
        thresholds={axis: dict(table) for axis, table in thresholds.items()},
        promises=[PromiseOut(**promise.to_dict()) for promise in export.promises],
        dev_metrics=dict(export.dev_metrics),
    )  # fmt: skip


def taxonomy_out(taxonomy: Taxonomy) -> TaxonomyOut:
    """The labels, for a program."""
    return TaxonomyOut(
        version=taxonomy.version,
        axes=[
            AxisOut(
                id=axis.id, name=axis.name, name_en=axis.name_en, kind=axis.kind,
                labels=[
                    LabelOut(
                        id=label.id, name=label.name, name_en=label.name_en, definition=label.definition,
                        holds=list(label.holds), excludes=list(label.excludes),
                        aliases=list(label.aliases), parent=label.parent,
                    )
                    for label in axis.labels
                ],
            )
            for axis in taxonomy.axes
        ],
    )  # fmt: skip
