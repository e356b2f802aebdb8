"""Settings as flags."""

from __future__ import annotations

import argparse
from dataclasses import asdict, fields
from typing import Any

import pytest

from training import network
from training.gate import GateSettings
from training.retrain import _parser as retrain_parser
from training.settings import HEADS, BadSettings, TrainSettings, add_setting_flags, whole_number


def parse(*flags: str) -> TrainSettings:
    parser = argparse.ArgumentParser()
    add_setting_flags(parser, TrainSettings)
    return TrainSettings(**vars(parser.parse_args(flags)))


def test_every_setting_is_a_flag_with_its_default() -> None:
    assert parse() == TrainSettings()
    assert len(asdict(parse())) == len(fields(TrainSettings))


def test_every_flag_says_what_it_is_and_its_default() -> None:
    parser = argparse.ArgumentParser()
    add_setting_flags(parser, TrainSettings)
    helps = {action.dest: str(action.help) for action in parser._actions if action.dest != "help"}

    assert set(helps) == {field.name for field in fields(TrainSettings)}
    for name, told in helps.items():
        words, _, default = told.partition(" (default ")
        assert len(words) > 5 and default.endswith(")") and default.count("default") == 0, name
    assert helps["weak_lr"].endswith("three tenths of `encoder_lr` (default -1.0)")
    assert helps["blind"].endswith("(data/blind.py) (default yes)")
    assert "three tenths of" in " ".join(parser.format_help().split())


def test_every_flag_of_the_gate_says_what_it_is_too() -> None:
    helps = {action.dest: action.help for action in retrain_parser()._actions}

    assert {field.name for field in fields(GateSettings)} <= set(helps)
    assert all(told and len(told.partition(" (default ")[0]) > 5 for told in helps.values()), helps
    assert str(helps["behaviours_lost"]).endswith("candidate may fail (default 1)")
    assert str(helps["protected"]).endswith("inaction falsification privilege)")


def test_labels_that_matter_may_be_none() -> None:
    given = retrain_parser().parse_args(["--protected", "--least-test", "5.0"])

    assert given.protected == [] and given.least_test == 5
    assert retrain_parser().parse_args([]).protected == GateSettings().protected


def test_flags_read_what_mlflow_passes() -> None:
    settings = parse("--epochs", "8.0", "--seed", "3.0", "--encoder-lr", "1e-3", "--no-wide", "--head", "cls")

    assert (settings.epochs, settings.seed, settings.encoder_lr, settings.wide) == (8, 3, 1e-3, False)
    assert isinstance(settings.epochs, int) and settings.head == "cls"


@pytest.mark.parametrize("text", ["8.5", "many", "", "inf", "nan"])
def test_half_an_epoch_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises((ValueError, OverflowError)):
        whole_number(text)
    with pytest.raises(SystemExit):
        parse("--epochs", text)
    assert "invalid whole_number value" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"head": "mean"}, "--head"),
        ({"epochs": 0}, "--epochs"),
        ({"window": 4}, "--window"),
        ({"seed": -1}, "--seed"),
        ({"window": 256, "tokens": 100}, "--tokens"),
        ({"augment": 1.5}, "--augment"),
        ({"dropout": 1.0}, "--dropout"),
    ],
)
def test_settings_that_no_run_can_have_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(BadSettings, match=named):
        TrainSettings(**wrong)


def test_the_heads_that_may_be_chosen_are_those_that_there_are() -> None:
    assert set(HEADS) == set(network.HEADS)
