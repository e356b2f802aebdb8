"""Job: inputs to outputs in parts, so that whatever ends it, the same command goes on where it stopped."""

from __future__ import annotations

import datetime
import errno
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from data.audit import Action
from data.audit_tally import Tally
from model.export import sha256
from model.guard import Guard
from model.tagger import Tagger
from serving.bulk import known
from serving.bulk.faults import OtherJob, TooManyRejects
from serving.bulk.inputs import Inputs, hold_stream, keep_stream
from serving.bulk.lock import locked
from serving.bulk.manifest import InputFile, Manifest, Model, Output
from serving.bulk.merge import merge
from serving.bulk.part import Parts
from serving.bulk.places import Places
from serving.bulk.processes import in_processes, share_of
from serving.bulk.progress import Watch
from serving.bulk.publish import publish
from serving.bulk.search import find_sources, some
from serving.bulk.settings import Settings
from serving.bulk.survey import check_columns, keep_first_rejects, keep_made_rejects, survey
from serving.bulk.tagging import ChunkTagger, Stamp
from serving.bulk.work import Counted, Walk, Work
from serving.bulk.worker import Order
from serving.bulk.writers import count_files
from serving.exports import bulk_tagger
from serving.faults import WrongUse
from serving.version import package_version
from serving.whole_file import naming

OURS = 0o700  # of the folder of parts: they hold rows as received


@dataclass
class Job:
    """One bulk job.

    Attributes:
        settings: what it is told.
        watch: who is told how far it is.
    """

    settings: Settings
    watch: Watch

    def __post_init__(self) -> None:
        """Fix the places, and what may be read and stored of a report."""
        told = self.settings
        if told.only_changed is not None and not told.keeps_tags:
            raise WrongUse(
                "--only-changed 不能与遮盖（--mask）或密封（--sealed）一起用：那时不留供它对照的标签"
            )
        self.guard: Guard = told.protection.guard(stored=True)
        self.places = Places.of(self.settings.target)

    def run(self) -> Manifest:
        """Do it, or what is left of it; give the manifest of the finished job.

        Raises:
            DataError: an input or the audit log cannot be read.
            BrokenExport: the Export cannot be used.
            JobFault: see serving/bulk/faults.py.
            OSError: a file cannot be read or written. Finished parts stay.
        """
        if not self.places.target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "", str(self.places.target.parent))
        if self.places.target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "", str(self.places.target))
        with locked(self.places.lock), self._leaving_parts(), naming(self.places.target):
            told = self.settings
            tagger = bulk_tagger(told.model, told.threads, told.engine)
            inputs = self._inputs()
            planned = self._plan(inputs, tagger)
            finished = self._finished(planned) or self._work(planned, inputs, tagger)
            if told.summary:
                from serving.bulk.summary_page import write_summary

                taxonomy = tagger.export.taxonomy
                write_summary(self.places.summary, finished, taxonomy, told.overwrite)
        return finished

    def _inputs(self) -> Inputs:
        told = self.settings
        sources, remarks = find_sources(told.inputs, self.places)
        if any(source.stream for source in sources):
            if sys.stdin.isatty():
                self.watch.remark("从键盘读入：每行一件，结束按 Ctrl-D。")
            if told.protection.sealed:
                sources = [hold_stream(source) for source in sources]
            else:
                self.places.folder.mkdir(mode=OURS, exist_ok=True)
                keep_stream(sources[0])
        if told.protection.covers or told.protection.watch_list is not None:
            sources = [replace(source, covered=True) for source in sources]
        for remark in remarks:
            self.watch.remark(remark)
        return Inputs(sources, told.columns, told.max_chars, told.sheet)

    def _plan(self, inputs: Inputs, tagger: Tagger) -> Manifest:
        """The manifest as far as it is known before the rows are counted."""
        told = self.settings
        earlier = known.tags_of(told.only_changed) if told.only_changed else None
        with self.watch.phase("check"):
            files = tuple(InputFile(*found) for found in inputs.digests())
            for copies in _copies(files):
                self.watch.remark(f"这些文件内容完全相同，都读了；如果是重复的导出，请去掉多余的：{copies}")
            names = self.guard.watch_list
            settings = {
                **told.identity(),
                "only_changed": sha256(earlier) if earlier else "",
                "watch_list": names.fingerprint() if names else "",
            }
        return Manifest(files, Model.of(tagger), settings, package_version(), "")

    def _finished(self, planned: Manifest) -> Manifest | None:
        """The same job, done before, where its outputs still are as it left them."""
        done = self._load(self.places.manifest)
        if done is None or done.job != planned.job or done.form != self.settings.written:
            return None
        folder = self.places.target.parent
        with self.watch.phase("check"):
            whole = all(_is_whole(folder / output.file, output) for output in done.outputs)
        if not whole:
            return None
        left = self._load(self.places.unfinished)
        if left is None or left.job == done.job:
            shutil.rmtree(self.places.folder, ignore_errors=True)
        self.watch.remark("这个作业以前已经完成，结果没有变，不再重做。")
        return done

    def _work(self, planned: Manifest, inputs: Inputs, tagger: Tagger) -> Manifest:
        told = self.settings
        manifest = self._begun(planned) or self._begin(planned, inputs)
        if told.max_rejects is not None and manifest.rejects > told.max_rejects:
            raise keep_first_rejects(inputs, told.max_rejects, self.places, self.guard.idle)
        parts = Parts(self.places.folder, manifest.job)
        there = self._made_before(parts, manifest.chunks)
        missing = set(range(manifest.chunks)) - there.keys()
        if missing or self.places.manifest.exists():  # what stands there is not of this run
            outputs = self.places.outputs(count_files(told.form, manifest.rows - manifest.rejects))
            self._refuse_to_replace(planned, [self.places.target, *outputs, *self.places.kept])
        rejects = sum(counted.rejects for counted in there.values())
        self._allow(rejects, parts, manifest)
        with told.protection.recorded(Action.tag, model=tagger.export.model) as tally:
            if missing:
                self._tag(manifest, inputs, tagger, parts, there, tally)
            inputs.check_all()
            merged = merge(parts, manifest, told, tagger.export.taxonomy, self.places, self.watch)
            # Those too whose parts a run made that was killed, and so could not record them.
            tally.count = manifest.rows - manifest.rejects - merged.failed.total()
        with self.watch.phase("publish"):
            finished = publish(manifest, merged, told, self.places, self._load(self.places.manifest))
        for remark in merged.remarks:
            self.watch.remark(remark)
        return finished

    def _tag(
        self,
        manifest: Manifest,
        inputs: Inputs,
        tagger: Tagger,
        parts: Parts,
        there: Mapping[int, Counted],
        tally: Tally,
    ) -> None:
        """Make the parts that are missing."""
        told, before = self.settings, self._known(manifest)
        missing = set(range(manifest.chunks)) - there.keys()
        rejects = sum(counted.rejects for counted in there.values())
        parts.sweep()
        try:
            with self.watch.phase("tag", manifest.rows):
                made: Iterable[Counted]
                if told.ray is not None:
                    from serving.bulk.cluster import on_ray

                    index = before is not None
                    cluster = on_ray(told, self.places, manifest, inputs, index, missing, self.watch.remark)
                    made = chain(there.values(), cluster)
                elif (share := share_of(told, inputs, len(missing))).processes > 1:
                    order = Order(told, self.places, manifest, inputs, before is not None, share.threads)
                    made = chain(there.values(), in_processes(order, share.processes, missing))
                else:
                    stamp = Stamp(manifest.started, told.evidence, told.matters)
                    chunks = ChunkTagger(tagger, stamp, before, self.guard)
                    made = Work(Walk(inputs, told.chunk_rows), chunks, parts).do(missing)
                for counted in made:
                    tally.count += 0 if counted.before else counted.rows - counted.rejects
                    self.watch.rows(counted.rows, counted.rejects, counted.before)
                    rejects += 0 if counted.before else counted.rejects
                    self._allow(rejects, parts, manifest)
        finally:
            if before is not None:
                before.close()

    def _made_before(self, parts: Parts, chunks: int) -> dict[int, Counted]:
        """The parts that an earlier run has made; one that is damaged counts as missing and is made anew."""
        there, damaged = {}, 0
        with self.watch.phase("check"):
            for number in range(chunks):
                counts = parts.count(number)
                if counts is not None:
                    there[number] = Counted(number, *counts, True)
                elif parts.path(number).exists():
                    damaged += 1
        if damaged:
            self.watch.remark(f"已完成的部分中有 {damaged} 个已损坏，重新打标。")
        return there

    def _allow(self, rejects: int, parts: Parts, manifest: Manifest) -> None:
        """Stop where tagging has failed on so many rows that, with the unreadable ones, they are too many."""
        most = self.settings.max_rejects
        if most is not None and rejects > most:
            raise keep_made_rejects(parts, manifest.chunks, most, self.places)

    def _begun(self, planned: Manifest) -> Manifest | None:
        """The manifest of this very job, where it was begun before."""
        left = self._load(self.places.unfinished)
        if left is None:
            return None
        if left.job == planned.job:
            if self.settings.table:
                check_columns(left.headings, self.places.target.name)
            self.watch.remark(f"接着做 {left.started} 开始的作业。")
            return left
        if not self.settings.overwrite:
            raise OtherJob(
                f"{self.places.folder} 里有另一个没做完的作业，不能混用"
                f"（{'；'.join(planned.differences(left))}）。"
                "用原来的输入、模型和选项继续做完，或换一个结果文件名，或加 --overwrite 放弃它"
            )
        return None

    def _begin(self, planned: Manifest, inputs: Inputs) -> Manifest:
        """Count the rows and write the manifest of a new job."""
        told, places = self.settings, self.places
        self._refuse_to_replace(planned, [places.target, *places.kept])
        places.folder.mkdir(mode=OURS, exist_ok=True)
        for path in places.folder.iterdir():
            if path.name != "stdin" or told.protection.sealed:  # what a job before had left
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        try:
            found = survey(inputs, told.chunk_rows, told.max_rejects, told.table, self.watch)
        except TooManyRejects:
            raise keep_first_rejects(inputs, told.max_rejects or 0, places, self.guard.idle) from None
        started = told.time or datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        headings = ["id"] if told.protection.sealed else found.headings
        manifest = planned.begin(started, found.rows, headings, found.chunks, found.sheets_left)
        reports = manifest.rows - manifest.rejects
        self._refuse_to_replace(planned, places.outputs(count_files(told.form, reports)))
        manifest.save(places.unfinished)
        return manifest

    def _refuse_to_replace(self, planned: Manifest, paths: list[Path]) -> None:
        standing = next((path for path in paths if path.exists()), None)
        if standing is None or self.settings.overwrite:
            return
        done = self._load(self.places.manifest)
        if done is None:
            said = "不是这个作业写的"
        elif found := planned.differences(done):
            said = f"是另一个作业的结果（{'；'.join(found)}）"
        elif done.form != self.settings.written:
            said = "是这个作业的结果，但格式或栏名的语言不同"
        else:
            said = "是这个作业的结果，后来被改动或移走过"
        raise OtherJob(f"{standing} 已经存在，{said}；换一个结果文件名，或加 --overwrite 替换它")

    def _known(self, manifest: Manifest) -> known.KnownTags | None:
        """The tags of the earlier output, where this model would give the same ones."""
        told = self.settings
        if told.only_changed is None:
            return None
        path = known.tags_of(told.only_changed)
        if not known.fits(path, manifest):
            self.watch.remark("原结果是另一个模型、另一种证据设置或另一版程序打的，全部重新打标。")
            return None
        index = self.places.folder / known.INDEX
        if not index.is_file():
            with self.watch.phase("known"):
                known.build(path, index)
        return known.KnownTags(index)

    def _load(self, path: Path) -> Manifest | None:
        try:
            return Manifest.load(path)
        except OtherJob:
            if self.settings.overwrite:
                return None
            raise

    @contextmanager
    def _leaving_parts(self) -> Iterator[None]:
        """Say what an unfinished job leaves; without a manifest its folder is of no use."""
        try:
            yield
        except (OtherJob, TooManyRejects):
            raise
        except BaseException:
            count = len(list(self.places.folder.glob("*.part")))
            if count:
                self.watch.remark(
                    f"已完成的 {count} 个部分保留在 {self.places.folder}；解决问题后用同样的命令继续。"
                )
            raise
        finally:
            if not self.places.unfinished.is_file():
                shutil.rmtree(self.places.folder, ignore_errors=True)


def _copies(files: Sequence[InputFile]) -> Iterator[str]:
    """Names of files that hold the same bytes: an export kept twice counts every report twice."""
    alike: dict[str, list[str]] = {}
    for file in files:
        alike.setdefault(file.sha256, []).append(file.name)
    empty = {file.sha256 for file in files if not file.bytes}
    yield from (some(names) for digest, names in alike.items() if len(names) > 1 and digest not in empty)


def _is_whole(path: Path, output: Output) -> bool:
    return path.is_file() and path.stat().st_size == output.bytes and sha256(path) == output.sha256
