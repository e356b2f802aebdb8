"""`petition serve`: the service over HTTP."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from data.privacy.officials import Officials
from serving.faults import WrongUse
from serving.help import MODEL, Mask, option

if TYPE_CHECKING:
    from serving.early import Early

_HOST = "监听的地址；默认 127.0.0.1，只有本机能访问。其他地址必须有密钥。"
_PORT = "监听的端口；默认 8080。"
_KEYS = "密钥文件，用 petition key new 生成。"
_CONFIG = "设置文件（TOML）；默认看环境变量 PETITION_CONFIG。"
_THREADS = "推理的线程数；默认 0，每个可用核心一个。"
_SET = "任何一项设置，如 --set deadline_s=10；可以重复。全部设置见 docs/serving.md。"


_MASK = "遮盖：none 不遮盖（默认），output 遮盖结果里的原文，input 先遮盖再打标。请求可以要求更多，不能更少。"
_SEALED = "密封模式：信件内容不写入任何文件，不按标签计数，不记录对方给的请求编号；也可设 PETITION_SEALED=1。"
_OFFICIALS = "遮盖时和复核库里，被反映人、公职人员：keep 保留姓名和职务（默认），names 遮盖姓名，all 都遮盖。"
_WATCH_LIST = "名单文件，一行一个姓名或单位：涉及的信件不打标、不保存，答复为请人工办理。"
_AUDIT = "审计记录文件：谁、何时、打标多少件，不含内容；写不进去就不启动。"


class LogFormat(StrEnum):
    """Forms of the log."""

    text = "text"
    json = "json"


def serve(
    host: Annotated[str | None, option("--host", metavar="地址", help=_HOST)] = None,
    port: Annotated[int | None, option("--port", min=0, max=65535, metavar="端口", help=_PORT)] = None,
    model: Annotated[Path | None, option("--model", metavar="文件夹", help=MODEL)] = None,
    keys: Annotated[Path | None, option("--keys", metavar="文件", help=_KEYS)] = None,
    config: Annotated[Path | None, option("--config", metavar="文件", help=_CONFIG)] = None,
    threads: Annotated[int | None, option("--threads", min=0, metavar="个数", help=_THREADS)] = None,
    tls_cert: Annotated[Path | None, option("--tls-cert", metavar="文件", help="证书链（PEM）。")] = None,
    tls_key: Annotated[Path | None, option("--tls-key", metavar="文件", help="证书的私钥（PEM）。")] = None,
    log_format: Annotated[
        LogFormat | None, option("--log-format", metavar="|".join(LogFormat), help="日志的格式；默认 text。")
    ] = None,
    mask: Annotated[Mask | None, option("--mask", metavar="|".join(Mask), help=_MASK)] = None,
    sealed: Annotated[bool, option("--sealed", help=_SEALED)] = False,
    officials: Annotated[
        Officials | None, option("--officials", metavar="|".join(Officials), help=_OFFICIALS)
    ] = None,
    watch_list: Annotated[Path | None, option("--watch-list", metavar="文件", help=_WATCH_LIST)] = None,
    audit: Annotated[Path | None, option("--audit", metavar="文件", help=_AUDIT)] = None,
    set: Annotated[list[str] | None, option("--set", metavar="名称=值", help=_SET)] = None,
) -> None:
    """启动打标服务（HTTP）：网页在 /，接口说明在 /docs，不需要联网。

    收到 SIGTERM 或 Ctrl-C：不再接新请求，答完已接的再退出。收到 SIGHUP：重新载入模型和密钥，启动中也可以。

    退出码：0 正常结束；2 用法或设置不对；3 模型不能用；4 密钥文件不能用。
    """
    flags: dict[str, object] = dict(
        host=host, port=port, model=model, keys=keys, threads=threads, tls_cert=tls_cert, tls_key=tls_key,
        log_format=log_format.value if log_format else None, mask=mask.value if mask else None,
        officials=officials.value if officials else None, sealed=sealed or None, watch_list=watch_list,
        audit=audit,
    )  # fmt: skip
    for each in set or []:
        name, equals, value = each.partition("=")
        if not equals:
            raise WrongUse("--set：请写成 名称=值，如 --set deadline_s=10")
        flags[name.strip()] = value

    from serving.early import EndedEarly, early_signals
    from serving.log import event

    with early_signals() as early:
        try:
            _serve(flags, config, early)
        except EndedEarly:
            event("ended")


def _serve(flags: dict[str, object], config: Path | None, early: Early) -> None:
    from serving.loaded import load_checked
    from serving.log import event, set_up_log
    from serving.sealed import seal
    from serving.server import serve as serve_for_ever
    from serving.service import Service
    from serving.settings import load_settings

    settings = load_settings(flags, config)
    if settings.sealed:
        seal()
    set_up_log(settings.log_format, settings.log_level)
    event("loading", folder=settings.model or "default")
    service = Service(settings, load_checked(settings))
    early.check()
    serve_for_ever(service, early)
