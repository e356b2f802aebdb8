"""The mean of several runs' weights: of run folders, of Exports, and what does not go together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from data.errors import DataError
from data.taxonomy import Taxonomy
from training.soup import BIAS, mean, soup, weights_of_export
from training.train import LOGITS, NETWORK, RUN, load_run


def other_run(run: Path, folder: Path, factor: float) -> Path:
    """A copy whose weights are all multiplied."""
    shutil.copytree(run, folder, ignore=shutil.ignore_patterns("export", "report"))
    network, _ = load_run(folder)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(factor)
    from safetensors.torch import save_file

    save_file({name: table.contiguous() for name, table in network.state_dict().items()}, folder / NETWORK)
    return folder


def test_weights_are_the_mean_and_everything_else_is_the_first_runs(run_folder: Path, tmp_path: Path) -> None:
    other = other_run(run_folder, tmp_path / "other", 3.0)
    soup([run_folder, other], tmp_path / "soup")
    (first, facts), (mixed, said) = load_run(run_folder), load_run(tmp_path / "soup")

    for name, table in first.state_dict().items():
        torch.testing.assert_close(mixed.state_dict()[name], table * 2, msg=name)
    assert said.pop("soup") == [str(run_folder), str(other)]
    assert said == {name: value for name, value in facts.items() if name not in ("dev_f1", "history")}
    kept = {path.name for path in run_folder.iterdir() if path.is_file()} - {NETWORK, RUN, LOGITS}
    assert not (tmp_path / "soup" / LOGITS).exists(), "what the first run made of dev, not the mean"
    assert all((tmp_path / "soup" / name).read_bytes() == (run_folder / name).read_bytes() for name in kept)


def test_an_export_gives_its_weights_back(run_folder: Path, export_folder: Path) -> None:
    network, _ = load_run(run_folder)
    found = weights_of_export(export_folder, network)
    own = dict(network.named_parameters())

    assert set(own) - set(found) == {"wide_gain"}, "it is folded into the Export's linear part"
    assert BIAS in found
    for name, table in found.items():
        torch.testing.assert_close(table, own[name].detach(), atol=2e-3, rtol=2e-3, msg=name)


def test_a_weight_that_a_member_lacks_is_the_mean_of_the_others() -> None:
    one = {"a": torch.ones(2), "gain": torch.full((2,), 5.0)}

    assert {k: v.tolist() for k, v in mean([one, {"a": torch.full((2,), 3.0)}]).items()} == {
        "a": [2, 2], "gain": [5, 5],
    }  # fmt: skip


def test_members_of_another_taxonomy_or_kept_in_blocks_are_refused(
    run_folder: Path, int8_folder: Path, tmp_path: Path, taxonomy: Taxonomy
) -> None:
    other = other_run(run_folder, tmp_path / "other", 1.0)
    Taxonomy("t2", taxonomy.axes[:2]).dump(other / "taxonomy.yaml")
    with pytest.raises(DataError, match=r"other: another taxonomy"):
        soup([run_folder, other], tmp_path / "soup")
    with pytest.raises(DataError, match="give Exports in fp16 or fp32"):
        soup([run_folder, int8_folder], tmp_path / "soup")
    assert not (tmp_path / "soup").exists()


def test_runs_of_two_seeds_and_an_export_in_the_first_place_are_refused(
    run_folder: Path, export_folder: Path, tmp_path: Path
) -> None:
    other = other_run(run_folder, tmp_path / "other", 1.0)
    facts = json.loads((other / RUN).read_text(encoding="utf-8"))
    facts["settings"]["seed"] += 1
    (other / RUN).write_text(json.dumps(facts), encoding="utf-8")

    with pytest.raises(DataError, match="begun with another seed"):
        soup([run_folder, other], tmp_path / "soup")
    with pytest.raises(DataError, match="the first member must be one"):
        soup([export_folder, run_folder], tmp_path / "soup")
