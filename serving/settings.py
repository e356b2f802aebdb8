"""ServeSettings: what `petition serve` can be told, by flag, environment or file; checked at the start."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from data.privacy.masked_report import Masking
from data.privacy.officials import Officials
from data.reviews.key import key_beside
from serving.rates import parse_rate
from serving.settings_words import setting_words, unknown_setting

PREFIX = "PETITION_"
CONFIG = "PETITION_CONFIG"
"""Environment variable that names the settings file."""


class BadSettings(Exception):
    """Settings that cannot be used; one line for each, naming it and never its value."""


class ServeSettings(BaseSettings):
    """Flags win over the environment, the environment over the file, the file over the defaults."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on. Beyond loopback, keys are demanded.")
    port: int = Field(8080, ge=0, le=65535, description="Port; 0 takes a free one.")
    model: Path | None = Field(None, description="The Export's folder; unset, the one that ships.")
    follow_s: float = Field(
        10.0, ge=0, le=3600,
        description="Seconds between looks whether the link `model` points elsewhere now; 0 never looks.",
    )  # fmt: skip
    threads: int = Field(0, ge=0, description="Threads of the engine; 0 is one per usable core.")
    engine: Literal["auto", "onnxruntime", "openvino"] = Field(
        "auto", description="What reads the reports; `auto` is the quickest that is installed and fits here."
    )
    keys: Path | None = Field(None, description="File of keys, written by `petition key new`.")
    rate: str = Field("", description="Reports that one key may send, as `1000/minute`; empty is no limit.")
    session_hours: float = Field(
        12.0, gt=0, le=168, description="Hours after which whoever signed in at the pages signs in again."
    )
    tls_cert: Path | None = Field(None, description="Certificate chain (PEM); with `tls_key` serves https.")
    tls_key: Path | None = Field(None, description="Private key of the certificate (PEM).")
    batch_tokens: int = Field(1024, ge=1, description="Padded tokens in one call of the engine.")
    batch_wait_ms: float = Field(
        2.0, ge=0, le=1000, description="Milliseconds that a batch which is not full waits for company."
    )
    queue_tokens: int = Field(262_144, ge=1, description="Tokens under way at most; beyond, 429.")
    deadline_s: float = Field(30.0, gt=0, le=3600, description="Seconds to answer a request in; past, 503.")
    list_deadline_s: float = Field(
        300.0, gt=0, le=86400,
        description="Seconds to answer a long list in, at most: it has `deadline_s` for each quarter of "
        "`queue_tokens` that it takes.",
    )  # fmt: skip
    max_reports: int = Field(1000, ge=1, description="Reports in one request.")
    max_chars: int = Field(100_000, ge=1, description="Characters of one text or title; a longer one is 422.")
    max_body_bytes: int = Field(8_000_000, ge=1024, description="Bytes of a request's body; beyond, 413.")
    max_tokens: int = Field(
        0, ge=0, description="Tokens of a report that are read; 0 is all. The rest is told in `unread_chars`."
    )
    drain_wait_s: float = Field(
        0.0, ge=0, le=300, description="Seconds for which new work is answered 503 before the port is closed."
    )
    drain_limit_s: float = Field(
        60.0, gt=0, le=3600, description="Seconds after which work under way is given up when ending."
    )
    mask: Masking = Field(
        Masking.none,
        description="What of reports is masked: `none`, `output` or `input`. A request may ask for more.",
    )
    officials: Officials = Field(
        Officials.keep,
        description="Of the accused and holders of posts, where something is masked and in kept reviews: "
        "`keep` covers nothing, `names` their names, `all` their posts too.",
    )
    sealed: bool = Field(False, description="Sealed mode: nothing of a report outlives its answer.")
    watch_list: Path | None = Field(
        None,
        description="File of names and offices, one a line: whoever is reported there is handled by hand.",
    )
    audit: Path | None = Field(None, description="Audit log; who tagged how many, when. No text.")
    reviews_database: str = Field(
        "", repr=False,
        description="The review log: a SQLite file, or `postgresql://…`; empty, no reviews are taken.",
    )  # fmt: skip
    reviews_key: Path | None = Field(
        None,
        description="File with the key of the review log's hashes, made where there is none; unset, beside a "
        "SQLite file. PostgreSQL needs it.",
    )
    reviews_queue: Path | None = Field(
        None, description="File of reports to review at `/review`, in its order; read again when it changes."
    )
    reviews_text: bool = Field(
        False, description="Keep title and text of a reviewed report, identifiers covered; else id and hash."
    )
    reviews_migrate: bool = Field(
        False, description="At the start, bring the review log's schema up to date."
    )
    pages: bool = Field(True, description="Serve the officers' page at `/`, and signing in to it.")
    shadow: Path | None = Field(
        None, description="Export of a challenger that reads a share of the reports silently, in idle time."
    )
    shadow_share: float = Field(0.1, gt=0, le=1, description="Share of the reports that it reads.")
    docs: bool = Field(True, description="Serve the page of the API at `/docs`.")
    log_format: Literal["text", "json"] = Field("text", description="Form of the log on standard error.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")

    traces: str = Field(
        "",
        description="Address of an OpenTelemetry collector (OTLP over HTTP), as "
        "`http://localhost:4318/v1/traces`; empty sends none. Needs the extra `traces`.",
    )

    @field_validator("traces")
    @classmethod
    def _traces_go_somewhere(cls, value: str) -> str:
        if value and not (value.startswith(("http://", "https://")) and urlsplit(value).hostname):
            raise ValueError("请写收集器的完整地址，如 http://主机:4318/v1/traces")
        return value

    @field_validator("rate")
    @classmethod
    def _rate_is_one(cls, value: str) -> str:
        if value:
            parse_rate(value)
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> ServeSettings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert 和 tls_key 要一起给，或都不给")
        if self.queue_tokens < self.batch_tokens:
            raise ValueError("queue_tokens 小于 batch_tokens，请调高")
        if self.keys is None and not is_loopback(self.host):
            raise ValueError(
                "没有密钥时只能监听本机（127.0.0.1）：先用 petition key new 生成密钥，"
                "再用 keys 指明密钥文件，或把 host 改回 127.0.0.1"
            )
        if self.rate and parse_rate(self.rate).amount < self.max_reports:
            raise ValueError(
                "rate 的件数小于 max_reports，一次送满的请求永远过不去；请调高 rate，或调低 max_reports"
            )
        if self.sealed and self.reviews_database:
            raise ValueError("密封模式（sealed）不留复核记录，请去掉 reviews_database，或不用密封模式")
        if self.reviews_database and not (self.reviews_key or key_beside(self.reviews_database)):
            raise ValueError(
                "复核库是 PostgreSQL 时，要用 reviews_key 指明摘要密钥文件（没有则新建；几个服务用同一个）"
            )
        for name in ("tls_cert", "tls_key", "keys", "watch_list"):
            path: Path | None = getattr(self, name)
            if path is not None and not path.is_file():
                raise ValueError(f"{name}：没有这个文件")
        if self.tls_cert is not None and self.tls_key is not None:
            _check_pair(self.tls_cert, self.tls_key)
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, file: in this order."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(flags: Mapping[str, Any] | None = None, file: Path | None = None) -> ServeSettings:
    """Put the settings together; None among the flags is a flag not given, `file` is TOML.

    Raises:
        BadSettings: one does not fit, or there is none of that name.
    """
    named = file or os.environ.get(CONFIG)
    if named and not Path(named).is_file():
        raise BadSettings("config：没有这个文件")
    known = {PREFIX + name.upper() for name in ServeSettings.model_fields} | {CONFIG}
    strange = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if strange:
        raise BadSettings("\n".join(unknown_setting(name, known) for name in strange))

    class Filed(ServeSettings):
        model_config = SettingsConfigDict(toml_file=named or None)

    try:
        return Filed(**{key: value for key, value in (flags or {}).items() if value is not None})
    except ValidationError as error:
        names = list(ServeSettings.model_fields)
        lines = [setting_words(each, names) for each in error.errors(include_input=False)]
        raise BadSettings("\n".join(lines)) from None
    except (OSError, ValueError):
        raise BadSettings("config：不是 TOML 文件，或不能读") from None


def _check_pair(certificate: Path, key: Path) -> None:
    try:
        # An empty passphrase: a service has nobody to ask for one.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, lambda: "")
    except (OSError, ValueError):  # of which ssl.SSLError is one
        raise ValueError(
            "tls_cert、tls_key：请给证书和与它配对的私钥，都是 PEM 格式，服务能读，私钥不加口令"
        ) from None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def settings_table() -> str:
    """All settings as a Markdown table, for docs/serving.md."""
    rows = ["| setting | environment | default | |", "|---|---|---|---|"]
    for name, field in ServeSettings.model_fields.items():
        default = "" if field.default in (None, "") else f"`{_shown(field.default)}`"
        rows.append(f"| `{name}` | `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return "\n".join(rows)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
