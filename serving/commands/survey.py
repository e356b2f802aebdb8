"""`petition survey`: what labelled data look like, before training on them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from serving.faults import Code, WrongUse
from serving.help import argument, option

_FILE = "标注数据（JSONL），可以有几个；旁边的“文件.rejects.jsonl”一并计数。"
_AGAINST = "评测用的标注数据，可重复；与它们重复的报告会逐件列出。"
_HTML = "把报告写成一个网页文件，不联网也能看。"
_TAXONOMY = "分类体系文件（yaml）；默认用随程序安装的。"
_RULE = "改一条检查规则，可重复：名称=off|warn|fail，或 名称=级别:界限，如 few_examples=fail:50。"


def survey(
    files: Annotated[list[Path], argument("FILE", _FILE)],
    against: Annotated[list[Path] | None, option("--against", metavar="文件", help=_AGAINST)] = None,
    html: Annotated[Path | None, option("--html", metavar="文件", help=_HTML)] = None,
    taxonomy: Annotated[Path | None, option("--taxonomy", metavar="文件", help=_TAXONOMY)] = None,
    rule: Annotated[list[str] | None, option("--rule", metavar="规则", help=_RULE)] = None,
) -> None:
    """训练之前看一看标注数据：数量、长短、重复、矛盾、泄漏、标注人之间的一致性。

    不显示报告的文字，只显示编号。

    退出码：0 没有不通过的规则；1 有不通过的规则；2 用法不对；4 文件不能读写，或标注数据有错。
    """
    if html is not None and any(html.is_file() and html.samefile(file) for file in files if file.is_file()):
        raise WrongUse("--html：网页文件就是要读的文件；请换一个名字")

    from data.labelled import read_labelled
    from data.survey.page import survey_page
    from data.survey.rules import RULES, Level, check
    from data.survey.survey import survey as gather
    from data.taxonomy import Taxonomy
    from serving.rejects import count_rejects
    from serving.rule_option import chosen_rules
    from serving.survey_text import survey_text
    from serving.terminal import output_console
    from serving.whole_file import open_text, whole_file

    rules = chosen_rules(rule or [], RULES)
    chosen = Taxonomy.load(taxonomy) if taxonomy is not None else Taxonomy.default()
    reports = [one for file in files for one in read_labelled(file, chosen)]
    measures = {file.name: list(read_labelled(file, chosen)) for file in against or []}
    found = gather(reports, chosen, measures, count_rejects(files))
    findings = check(found, rules)
    if html is not None:
        with whole_file(html) as part, open_text(part) as out:
            out.write(survey_page(found, findings, [file.name for file in files]))
    survey_text(output_console(), found, findings)
    if any(finding.level is Level.fail for finding in findings):
        raise typer.Exit(Code.REJECTED)
