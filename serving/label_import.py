"""Label import: files of labels in, one file of labelled reports out; no row is lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console

from data.audit import Action
from data.errors import EmptyFile, NoLabels
from data.imports.formats import Format, find_format, read_labels, unused_options
from data.imports.line import to_line
from data.imports.merge import Merger, Repeated, Tie, merge
from data.imports.originals import Originals
from data.imports.plan import Plan
from data.imports.reading import Reading
from data.imports.settle import Settled, settle
from data.imports.source import Source
from data.imports.table import overlooked
from data.imports.tagged import overlooked_corrections
from data.imports.uncovered import uncovered
from data.readers import JSON, read_reports, sheets_left
from data.report import BadRow, Report
from serving.no_rows import no_rows
from serving.protection import Protection
from serving.rejects import Rejects, rejects_path
from serving.terminal import message_console, say
from serving.unread import unread
from serving.whole_file import open_text, whole_file

MOST_REJECTS = 20  # shown on standard error; the file holds them all
_LEFT_OUT = "涉及名单的 {} 份标注没有导入，请由人办理。"
_NAMES = {
    Format.table: "带标签栏的表格",
    Format.tagged: "petition tag 的结果（带更正栏）",
    Format.labelled: "本程序的标注数据",
    Format.doccano: "doccano 导出",
    Format.label_studio: "Label Studio 导出",
    Format.argilla: "Argilla 导出",
    Format.reviews: "复核记录",
}


@dataclass(frozen=True)
class LabelImport:
    """A job.

    Attributes:
        files: to read, in this order: of two readings by one person the later one counts. Text is the URL
            of a review log.
        target: the file to write.
        plan: how to read them.
        format: of all files; None finds it out for each.
        tie: what becomes of a label with half the votes.
        repeated: what becomes of two rows of one file that are of one person and report.
        quiet: no remarks, only bad rows.
        protection: whose reports are left to a person, and where the import is recorded.
    """

    files: Sequence[Path | str]
    target: Path
    plan: Plan
    format: Format | None = None
    tie: Tie = Tie.unlabelled
    repeated: Repeated = Repeated.later
    quiet: bool = False
    protection: Protection = field(default_factory=Protection)
    messages: Console = field(default_factory=message_console)

    def run(self) -> int:
        """Import; return the number of rejected rows.

        Raises:
            DataError: a file cannot be read, or has unknown labels. Nothing is written.
            OSError, BadAudit: the output or the audit log cannot be written. Nothing of it is left.
        """
        names = self.protection.names()
        with ExitStack() as stack:
            rejects = Rejects(rejects_path(self.target), stack, raw=names is None)
            readings: list[Reading] = []
            by_hand = 0
            for path in self.files:
                every = self._read(Source.at(path), rejects)
                kept = [one for one in every if names is None or not names.meets(one.report)]
                by_hand += len(every) - len(kept)
                readings += kept
            settled = settle(uncovered(readings), self.plan.names)
            for bad in settled.rejected:
                self._reject(bad, rejects)
            if not settled.votes:
                files = ", ".join(Source.at(path).name for path in self.files)
                if by_hand and not readings:
                    say(self.messages, _LEFT_OUT.format(by_hand))
                    raise NoLabels(f"{files}: {by_hand} labels, all of reports that name the watch list")
                if not (readings or rejects.count):
                    raise EmptyFile(f"{files}: no row of data to import")
                raise NoLabels(
                    f"{files}: {len(readings)} rows, none of "
                    f"them labelled; see docs/importing.md on blank cells and empty lists"
                )
            merged = merge(settled.votes, self.plan.taxonomy, self.tie, self.repeated)
            out = stack.enter_context(open_text(stack.enter_context(whole_file(self.target))))
            for one in merged.reports:
                out.write(to_line(one, self.plan.taxonomy) + "\n")
            draws = self._write_draws(merged, stack)
            with self.protection.recorded(Action.imported) as tally:  # before any of the files gets its name
                tally.count = len(merged.reports)
        rejects.forget_earlier()
        if not merged.draws and draws.is_file():
            draws.unlink()  # an earlier run's would mislead
        if by_hand:
            say(self.messages, _LEFT_OUT.format(by_hand))
        for remark in self._remarks(merged, settled, rejects, draws):
            say(self.messages, remark)
        return rejects.count

    def _read(self, source: Source, rejects: Rejects) -> list[Reading]:
        format = self.format or find_format(source, self.plan)
        readings, before = [], rejects.count
        for made in read_labels(source, format, self.plan):
            if isinstance(made, BadRow):
                self._reject(made, rejects)
            else:
                readings.append(made)
        if not self.quiet:
            how = "按指定作为" if self.format else "识别为"
            people = len({reading.annotator for reading in readings if reading.annotator})
            who = f"，标注人 {people} 位" if people else ""
            line = f"{source.name}：{how}{_NAMES[format]}（{format}），读出 {len(readings)} 份标注{who}"
            say(self.messages, line)
        if not readings and rejects.count == before:
            say(self.messages, no_rows([source.name]))
        if drafts := sum(reading.may_be_draft for reading in readings):
            said = f"{source.name}：有 {drafts} 份标注没有写明是否已提交，如有草稿也会算作标注"
            say(self.messages, f"{said}；要避免请用 to_list(flatten=True) 导出")
        if unused := unused_options(source, format, self.plan):
            say(self.messages, f"{source.name}：{'、'.join(unused)} 没有用上，{_NAMES[format]}不按栏目读")
        if format is Format.table:
            for heading, axis in overlooked(source, self.plan):
                say(
                    self.messages,
                    f"{source.name}：“{heading}”一栏像是“{axis.name}”的标签，没有导入；要导入请把表头改成“{axis.name}”，"
                    f"或用 --label-column {axis.id}={heading} 写明（其余标签栏也要逐一写明）",
                )
        if format is Format.tagged and source.path is not None and source.suffix not in JSON:
            for heading, axis in overlooked_corrections(source, self.plan):
                say(
                    self.messages,
                    f"{source.name}：“{heading}”一栏像是“{axis.name}”的更正，没有导入；"
                    f"要导入请把表头改成“{axis.name}（更正）”",
                )
        if source.path is not None:
            left = sheets_left(source.path, self.plan.columns, self.plan.sheet)
            for line in unread({source.name: left}, "导入"):
                say(self.messages, line)
        return readings

    def _reject(self, bad: BadRow, rejects: Rejects) -> None:
        rejects.add(bad)
        if rejects.path is None or rejects.count <= MOST_REJECTS:
            say(self.messages, bad.message)

    def _write_draws(self, merged: Merger, stack: ExitStack) -> Path:
        path = ties_path(self.target)
        if merged.draws:
            out = stack.enter_context(open_text(stack.enter_context(whole_file(path))))
            for draw in merged.draws:
                out.write(json.dumps(asdict(draw), ensure_ascii=False) + "\n")
        return path

    def _remarks(self, merged: Merger, settled: Settled, rejects: Rejects, draws: Path) -> list[str]:
        remarks = []
        if rejects.count and rejects.path is not None:
            if rejects.count > MOST_REJECTS:
                remarks.append(f"另有 {rejects.count - MOST_REJECTS} 行不能用，没有逐行列出。")
            remarks.append(f"不能用的行在 {rejects.path}")
        if self.quiet:
            return remarks
        unused = self.plan.names.unused()
        if unused:
            remarks.append(f"--map、--drop 里有 {len(unused)} 个名称没有出现：{'、'.join(unused)}")
        if merged.replaced:
            remarks.append(f"同一人对同一件的同一维度标注了不止一次的有 {merged.replaced} 份，以后一份为准。")
        if merged.lost:
            remarks.append(
                f"其中 {merged.lost} 份舍去了同一份文件里前面一行的标签；如果表里是一个标签占一行，"
                f"请用 --repeated join 合并。"
            )
        if merged.draws:
            remarks.append(f"意见相持 {len(merged.draws)} 处，列在 {draws}")
        for axis in self.plan.taxonomy.axes:
            given = [one.labelled.labels[axis.id] for one in merged.reports]
            known = [labels for labels in given if labels is not None]
            empty = sum(not labels for labels in known)
            remarks.append(f"{axis.name}：已标注 {len(known)} 件，其中没有标签成立的 {empty} 件")
        several = sum(bool(one.votes) for one in merged.reports)
        joined = f"（{several} 件有多人标注）" if several else ""
        skipped = f"，没有标注的 {settled.unlabelled} 份没有写入" if settled.unlabelled else ""
        bad = f"，不能用的 {rejects.count} 行" if rejects.count else ""
        remarks.append(f"完成：写入 {len(merged.reports)} 件{joined}{skipped}{bad}，结果在 {self.target}")
        return remarks

    def overwrites_input(self, others: Sequence[Path] = ()) -> bool:
        """Tell whether something to be written is a file to be read."""
        written = [self.target, rejects_path(self.target), ties_path(self.target)]
        return any(
            path is not None and path.is_file() and file.is_file() and path.samefile(file)
            for path in written
            for file in (*(file for file in self.files if isinstance(file, Path)), *others)
        )


def ties_path(target: Path) -> Path:
    """Where the ties of an output go."""
    return target.with_name(f"{target.name}.ties.jsonl")


def originals(files: Sequence[Path], plan: Plan) -> Originals:
    """Read the reports as received.

    Raises:
        DataError: what `read_reports` raises.
    """
    rows = (row for file in files for row in read_reports(file, plan.columns, sheet=plan.sheet))
    return Originals(row for row in rows if isinstance(row, Report))
