"""The model card: what the model is, what it learned from, how good it is, what it is not for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.export import Export

_SOURCES = """\
| what | used for | origin, licence stated there |
|---|---|---|
| reports read one by one and labelled on both axes (4,949; 550 more for thresholds and calibration) | fine-tuning | texts of the public sets below |
| forum messages of the 2020 TipDM / Teddy Cup, problem C (attachments 2, 3, 4) | pretraining; official class as weak label | Syucryingstar/NLP_tipdm, Asimok/DataMining_study_before, Asimok/question_2, MarsW20/Teddy-Cup-Data-Mining-Competition, 15625103741/Text-Mining; none stated |
| hotline work orders, Haikou 12345, 2018 | pretraining; department and category as weak labels | Jincheng-Sun/CFSC; none stated |
| leaders' message board, Zhejiang | pretraining; citizen's field as weak label | alfonsocheng1025/liuyanzhejiang; none stated |
| general Chinese, 143 million characters: CCTV news transcripts, statutes, Zhihu and Weibo topics, V2EX, talk-show scripts, Fudan articles, judgment facts, medical questions, reviews, dialogues, abstracts, work reports, headlines | pretraining | china-data/xwlb, ImCa0/just-laws, Zhihu and Weibo hubs, V2EX, LeCaRD, Toyhom (MIT); KdConv, CrossWOZ, CSL, ChineseBLUE (Apache-2.0); LawRefBook/Laws, thunlp/Chinese_Rumor_Dataset, bedtimenews, Roshanson/TextInfoExp, CAIL 2019/21/22, SophonPlus, johncodes404 (none stated) |
"""  # noqa: E501


def model_card(export: Export, metrics: Mapping[str, Any]) -> str:
    """Markdown text of MODEL_CARD.md."""
    lines = [
        f"# {export.model}", "",
        "Tags Chinese petitions and citizen reports. Axes and labels: "
        + "; ".join(f"{axis.id} ({axis.kind}): {', '.join(axis.label_ids)}" for axis in export.taxonomy.axes)
        + f". Encoder: {export.encoder}. Training data: sha256 {export.data_hash[:16]}.", "",
        "## Data", "",
        _SOURCES,
        "None of these texts is in this repository or in the weights' files; mobile numbers, identity "
        "and card numbers were masked before training, personal names were not.", "",
        "**How the gold was made.** Real reports were read and labelled one by one by large language "
        "models under a written guide; each training and dev report by one reader, the held-back part by "
        "two and adjudicated. No officer has checked them. Reports were chosen partly at random, partly "
        "for cue words and rare labels, so label shares are not natural.", "",
        "## Intended use", "",
        "To sort incoming reports for people who then read them: which domain, which misconduct is "
        "alleged, which words say so. A tag says what a text alleges, not what is true.", "",
        "Not for deciding a case, rating an official, or judging a petitioner; not for other languages.", "",
        "## Limits", "",
        "- The reports come from a few places and years (2010-2021); other regions' habits of writing, "
        "and matters newer than that, are read less well. Measure on your own reports (`petition "
        "evaluate`) before relying on it.",
        "- Misconduct that is told without its usual words is often missed; a private actor described in "
        "the words of misconduct is sometimes tagged.",
        "- Thresholds and calibration were fitted on the same dev set as the figures below, unless "
        "marked cross-fitted.",
        "- `needs_review` marks reports without a misconduct tag whose best score reaches a border set "
        "so that, for reports like those of the dev set, at least 95 % of those that allege misconduct "
        "are either tagged or marked.", "",
    ]  # fmt: skip
    if metrics:
        lines += ["## Figures on dev", "", f"Share sent to review: {metrics['review_share']:.3f}.", ""]
        for name, axis in metrics["axes"].items():
            low, high = axis["macro_f1_interval"]
            lines += [
                f"### {name}", "",
                f"macro-F1 {axis['macro_f1']:.3f} (95 % interval {low:.3f} to {high:.3f}), micro-F1 "
                f"{axis['micro_f1']:.3f}; with cross-fitted thresholds "
                f"{axis['cross_fitted_macro_f1']:.3f} and "
                f"{axis['cross_fitted_micro_f1']:.3f}; calibration error "
                f"{axis['calibration_error']:.3f}.", "",
                "| label | precision | recall | F1 | support |", "|---|---|---|---|---|",
            ]  # fmt: skip
            lines += [
                f"| {label} | {v['precision']:.3f} | {v['recall']:.3f} | {v['f1']:.3f} | {v['support']:.0f} |"
                for label, v in axis["labels"].items()
            ]
            lines.append("")
    return "\n".join(lines) + "\n"
