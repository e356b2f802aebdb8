"""Every misconduct tag that the shipped model gives a sample report says why."""

from __future__ import annotations

import pytest

from model.tagger import Tagger
from tests.behaviour.measure import sample_reports


@pytest.mark.slow
def test_every_misconduct_tag_of_the_sample_shows_why(tagger: Tagger) -> None:
    reports = {report.id: report for report in sample_reports(tagger.export.taxonomy)}
    tags = [(one.id, tag) for one in tagger.tag([*reports.values()]) for tag in one.tags["misconduct"]]

    assert len(tags) > 100
    for id, tag in tags:
        assert tag.evidence, f"{id} {tag.label} shows nothing"
        for one in tag.evidence:
            source = reports[id].title if one.part == "title" else reports[id].text
            assert source[one.start : one.end] == one.text != ""
    assert sum(not any(one.weight for one in tag.evidence) for _, tag in tags) <= len(tags) / 50, (
        "tags for which no word speaks"
    )
