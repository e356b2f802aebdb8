"""Publish: the files of a finished job get their names, the manifest last."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from model.export import sha256
from serving.bulk.faults import OtherJob
from serving.bulk.manifest import Manifest, Output
from serving.bulk.merge import Merged
from serving.bulk.places import Places
from serving.bulk.settings import Settings
from serving.whole_file import commit


def publish(
    manifest: Manifest, merged: Merged, told: Settings, places: Places, replaced: Manifest | None
) -> Manifest:
    """Give every file its name; only when the manifest is there is the job done.

    Args:
        replaced: manifest of the job whose outputs these take the place of.

    Raises:
        OtherJob: a file that somebody else has put there meanwhile would be replaced.
        OSError: a file cannot be given its name; the same command goes on.
    """
    targets = places.outputs(len(merged.outputs))
    outputs = tuple(
        Output(target.name, staged.stat().st_size, sha256(staged))
        for staged, target in zip(merged.outputs, targets, strict=True)
    )
    if not told.overwrite:
        ready: dict[Path, Path | None] = {places.manifest: None, places.summary: None}
        ready |= {places.rejects: merged.rejects, places.tags: merged.tags}
        ready |= zip(targets, merged.outputs, strict=True)
        _refuse_to_replace(ready)
    if replaced is not None:
        for output in replaced.outputs:
            if output.file not in {target.name for target in targets}:
                places.target.with_name(output.file).unlink(missing_ok=True)
    places.manifest.unlink(missing_ok=True)
    places.summary.unlink(missing_ok=True)
    places.stopped.unlink(missing_ok=True)
    for staged, target in zip(merged.outputs, targets, strict=True):
        commit(staged, target)
    for kept, path in ((merged.rejects, places.rejects), (merged.tags, places.tags)):
        if kept is None:
            path.unlink(missing_ok=True)
        else:
            commit(kept, path)
    inputs = tuple(replace(file, rejects=file.rejects + merged.failed[file.name]) for file in manifest.inputs)
    finished = replace(manifest, inputs=inputs, form=told.written, outputs=outputs, figures=merged.figures)
    finished.save(places.manifest)
    shutil.rmtree(places.folder, ignore_errors=True)
    return finished


def _refuse_to_replace(ready: Mapping[Path, Path | None]) -> None:
    """Hold that what stands where a file is to go is that file, put there by a run that was killed."""
    for path, staged in ready.items():
        if path.exists() and (staged is None or sha256(path) != sha256(staged)):
            raise OtherJob(
                f"{path} 是作业进行中别处写的，没有替换；移走它，或加 --overwrite，再用同样的命令接着做"
            )
