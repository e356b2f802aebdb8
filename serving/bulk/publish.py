"""Publish: the files of a finished job get their names, the manifest last."""

from __future__ import annotations

import shutil
from dataclasses import replace

from model.export import sha256
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
        OSError: a file cannot be given its name; the same command goes on.
    """
    targets = places.outputs(len(merged.outputs))
    outputs = tuple(
        Output(target.name, staged.stat().st_size, sha256(staged))
        for staged, target in zip(merged.outputs, targets, strict=True)
    )
    if replaced is not None:
        for output in replaced.outputs:
            if output.file not in {target.name for target in targets}:
                places.target.with_name(output.file).unlink(missing_ok=True)
    places.manifest.unlink(missing_ok=True)
    places.summary.unlink(missing_ok=True)
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
