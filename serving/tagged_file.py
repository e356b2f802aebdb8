"""Tagged file: one file of reports in, one of predictions out, in one go; no row is lost."""

from __future__ import annotations

import errno
import io
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from data.audit import Action
from data.columns import Columns
from data.readers import MAX_CHARS, read_reports, sheets_left
from data.report import BadRow, Report
from data.taxonomy import Taxonomy
from model.guard import BY_HAND
from model.tagger import EvidenceFor
from serving.exports import load_tagger
from serving.formats import Format
from serving.nearest_cases import read_cases
from serving.no_rows import no_rows
from serving.output import JsonlWriter, Writer
from serving.protection import Protection
from serving.rejects import Rejects, rejects_path
from serving.sealed import is_stored
from serving.terminal import PLAIN_WIDTH, duration, message_console, output_console, progress_bar, say
from serving.unread import unread
from serving.whole_file import open_text, whole_file
from serving.wording import handled_by_hand

MOST_REJECTS = 20  # shown on standard error where a file holds them all


@dataclass(frozen=True)
class TaggedFile:
    """A file to tag for a quick look; serving/bulk is for work that must survive a crash.

    Attributes:
        source: the file to read, or "-" for standard input.
        target: the file to write; None is standard output.
        format: of the output.
        columns: headings named by the user.
        sheet: of a workbook; None is the first that can be read.
        max_chars: longest text; None is the readers' limit.
        limit: reports to tag at most; 0 is all.
        quiet: no progress bar and no summary.
        protection: masking, sealed mode, watch list and audit log.
        nearest: a file of labelled reports; the three most like each report are named.
        nearest_text: their texts are shown too.
        matters: what each sentence speaks of is told too.
    """

    source: str
    target: Path | None
    format: Format
    columns: Columns | None = None
    sheet: str | None = None
    max_chars: int | None = None
    limit: int = 0
    quiet: bool = False
    protection: Protection = field(default_factory=Protection)
    nearest: Path | None = None
    nearest_text: bool = False
    matters: bool = False

    def overwrites_input(self) -> bool:
        """Tell whether the output, or the file of rejected rows, is the file to read."""
        source = Path(self.source)
        written = [path for path in (self.target, rejects_path(self.target)) if path is not None]
        return (
            self.source != "-"
            and source.is_file()
            and any(path.is_file() and path.samefile(source) for path in written)
        )

    def run(self, model: Path | None, threads: int, evidence: EvidenceFor) -> int:
        """Tag every report; return the number of rejected rows.

        Args:
            model: the Export's folder; None is the one that ships.
            threads: of the engine; 0 is one per usable core.
            evidence: on which axes.

        Raises:
            DataError: the file, the labelled cases, the watch list or the audit log cannot be read.
            BrokenExport: the Export cannot be used.
            OSError: the output or the audit log cannot be written. Nothing of the output is left.
        """
        guard = self.protection.guard(stored=self.target is not None or is_stored(sys.stdout))
        rows = read_reports(self.source, self.columns, self.max_chars or MAX_CHARS, self.sheet)
        if self.target is not None and not self.target.resolve().parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "", str(self.target.parent))
        tagger = load_tagger(model, threads)
        if self.nearest is not None:
            tagger.cases = read_cases(self.nearest, tagger, guard, self.nearest_text)
        messages = message_console()
        if self.source == "-" and sys.stdin.isatty():
            say(messages, "从键盘读入：每行一件，结束按 Ctrl-D。")
        start = time.perf_counter()
        model_name = tagger.export.model
        with ExitStack() as stack:
            sealed = self.protection.sealed
            rejects = Rejects(None if sealed else rejects_path(self.target), stack, raw=guard.idle)
            more = ["相近件"] if self.nearest is not None else []
            more += ["一件多诉", "分句标签"] if self.matters else []
            writer = _writer(self.format, self.target, tagger.export.taxonomy, stack, more)
            on_screen = self.target is None and sys.stdout.isatty()
            watched = not self.quiet and messages.is_terminal and not on_screen
            progress = stack.enter_context(progress_bar(messages, watched))
            task = progress.add_task("打标", total=self.limit or None, said="")
            tally = stack.enter_context(self.protection.recorded(Action.tag, model=model_name))
            reports, left = self._reports(rows, rejects, messages), 0
            # Only JSON tells offsets; the others cut words out of what they show.
            as_shown = self.format is not Format.jsonl
            for shown in guard.stream(tagger, reports, evidence, as_shown, self.matters):
                writer.write(*shown)
                tally.count += 1
                left += shown.prediction.review_reasons == (BY_HAND,)
                pace = (time.perf_counter() - start) / tally.count
                said = f"还需 {duration(pace * (self.limit - tally.count))}" if self.limit else ""
                progress.update(task, completed=tally.count, said=said)
            progress.update(task, total=tally.count)  # the file may hold fewer than the limit
            remarks = writer.close()
        rejects.forget_earlier()
        if not (tally.count or rejects.count):
            remarks.append(no_rows([Path(self.source).name]))
        if left:
            remarks.append(handled_by_hand(left))
        remarks += unread({Path(self.source).name: sheets_left(self.source, self.columns, self.sheet)})
        remarks += self._summary(tally.count, rejects, time.perf_counter() - start)
        for remark in remarks:
            say(messages, remark)
        return rejects.count

    def _reports(
        self,
        rows: Iterable[Report | BadRow],
        rejects: Rejects,
        messages: Console,
    ) -> Iterator[Report]:
        """Pass on the reports; count the bad rows and tell them."""
        number = 0
        for row in rows:
            if isinstance(row, BadRow):
                rejects.add(row)
                if rejects.path is None or rejects.count <= MOST_REJECTS:
                    say(messages, row.message)
                continue
            yield row
            number += 1
            if number == self.limit:
                return

    def _summary(self, done: int, rejects: Rejects, seconds: float) -> list[str]:
        remarks = []
        if rejects.count and rejects.path is not None:
            if rejects.count > MOST_REJECTS:
                remarks.append(f"另有 {rejects.count - MOST_REJECTS} 行读不了，没有逐行列出。")
            remarks.append(f"读不了的行在 {rejects.path}")
        if not self.quiet:
            place = f"，结果在 {self.target}" if self.target is not None else ""
            speed = done / seconds if seconds else 0.0
            took = f"用时 {seconds:.1f} 秒，每秒 {speed:.1f} 件"
            remarks.append(f"完成：打标 {done} 件，读不了 {rejects.count} 行，{took}{place}")
        return remarks


def _writer(
    format: Format, target: Path | None, taxonomy: Taxonomy, stack: ExitStack, more: Sequence[str]
) -> Writer:
    part = stack.enter_context(whole_file(target)) if target is not None else None
    if format is Format.xlsx and part is not None:
        from serving.spreadsheet import XlsxWriter  # a workbook's library takes as long to load as all else

        return XlsxWriter(part, taxonomy, more)
    if part is not None:
        out = stack.enter_context(open_text(part))
    else:
        out = sys.stdout
        if isinstance(out, io.TextIOWrapper) and format is not Format.table:
            out.reconfigure(encoding="utf-8", errors="replace", newline="")
    if format is Format.csv:
        from serving.spreadsheet import CsvWriter

        return CsvWriter(out, taxonomy, more)
    if format is Format.jsonl:
        return JsonlWriter(out)
    from serving.table import TableWriter

    console = output_console() if part is None else Console(file=out, width=PLAIN_WIDTH, color_system=None)
    return TableWriter(console, taxonomy)
