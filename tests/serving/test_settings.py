"""Settings: which source wins, and that whatever cannot work is refused at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from serving.settings import BadSettings, ServeSettings, load_settings

SECRET = "not-to-be-shown"


def test_flags_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "serve.toml"
    file.write_text("port = 1\nthreads = 1\nmax_reports = 1\n")
    monkeypatch.setenv("PETITION_PORT", "2")
    monkeypatch.setenv("PETITION_THREADS", "2")
    monkeypatch.setenv("PETITION_DEADLINE_S", "")
    found = load_settings({"port": 3, "host": None}, file)

    assert (found.port, found.threads, found.max_reports) == (3, 2, 1)
    assert (found.host, found.deadline_s) == ("127.0.0.1", 30.0)
    monkeypatch.setenv("PETITION_CONFIG", str(file))
    assert load_settings().max_reports == 1


def test_a_name_that_is_none_is_refused_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "serve.toml"
    file.write_text("prot = 1\n")
    with pytest.raises(BadSettings, match="prot"):
        load_settings({}, file)
    with pytest.raises(BadSettings, match="prot"):
        load_settings({"prot": 1})
    monkeypatch.setenv("PETITION_PROT", SECRET)
    with pytest.raises(BadSettings, match="没有设置 PETITION_PROT，是不是 PETITION_PORT？"):
        load_settings()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"port": 70_000}, "^port：不能大于 65535$"),
        ({"port": "1.5"}, "^port：请写整数$"),
        ({"threads": SECRET}, "^threads：请写整数$"),
        ({"threads": "-1"}, "^threads：不能小于 0$"),
        ({"deadline_s": "0"}, "^deadline_s：要大于 0$"),
        ({"deadline_s": SECRET}, "^deadline_s：请写数字$"),
        ({"sealed": SECRET}, "^sealed：请写 true 或 false$"),
        ({"mask": SECRET}, "^mask：只能是 none、output、input 之一$"),
        ({"tracer": "x"}, "^没有设置 tracer，是不是 traces？$"),
        ({"zzzz": "x"}, "^没有设置 zzzz，全部设置见"),
        ({"host": "0.0.0.0"}, "没有密钥时只能监听本机"),
        ({"host": "hotline.example"}, "没有密钥时只能监听本机"),
        ({"tls_cert": "a.pem"}, "^tls_cert 和 tls_key 要一起给"),
        ({"tls_cert": "a.pem", "tls_key": "b.pem"}, "^tls_cert：没有这个文件$"),
        ({"keys": SECRET}, "^keys：没有这个文件$"),
        ({"queue_tokens": 500}, "^queue_tokens 小于 batch_tokens"),
        ({"rate": SECRET}, "^rate：请写成 件数/时间"),
        ({"rate": "0/minute"}, "^rate：请写成 件数/时间"),
        ({"rate": "1000/minute;5/second"}, "^rate：请写成 件数/时间"),
        ({"rate": "10/minute"}, "永远过不去"),
        ({"traces": SECRET}, "^traces：请写收集器的完整地址"),
        ({"sealed": True, "reviews_database": SECRET}, "密封模式（sealed）不留复核记录"),
        ({"log_level": SECRET}, "^log_level：只能是 debug、info、warning、error 之一$"),
    ],
)
def test_what_cannot_work_is_refused_by_name_and_without_the_value(flags: dict[str, Any], said: str) -> None:
    with pytest.raises(BadSettings, match=said) as refused:
        load_settings(flags)

    assert SECRET not in str(refused.value)


def test_a_file_that_is_no_toml_or_is_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "serve.toml"
    with pytest.raises(BadSettings, match=r"^config：没有这个文件$"):
        load_settings({}, file)
    file.write_text("port: 1")
    with pytest.raises(BadSettings, match=r"^config：不是 TOML 文件"):
        load_settings({}, file)


def test_the_queue_holds_the_longest_report_that_is_let_in() -> None:
    default = ServeSettings()

    assert default.queue_tokens > 2 * default.max_chars
