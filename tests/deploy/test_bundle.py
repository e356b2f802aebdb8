"""The offline bundle: made here, it installs into an empty venv with no index and no network, and tags."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHON": sys.executable}
SAMPLE = ROOT / "data" / "sample" / "reports.csv"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="bundles are for Linux"),
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout to make the bundle from"),
]


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    parts = [str(part) for part in command]
    return subprocess.run(parts, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload,no-any-return]


def without_network(*command: object) -> list[object]:
    """The command with no network at all, where the system lets us take it away."""
    cut = ["unshare", "--map-root-user", "--net"]
    allowed = shutil.which("unshare") and run(*cut, "true").returncode == 0
    return [*cut, *command] if allowed else list(command)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    pip = (sys.executable, "-m", "pip", "download", "--no-deps", "--dest", folder / "probe", "hatchling")
    if run(*pip).returncode:
        pytest.skip("no package index can be reached")
    out = folder / "out"
    made = run(ROOT / "deploy" / "bundle.sh", out, "--arch", platform.machine(), env=ENVIRONMENT)
    assert made.returncode == 0, made.stderr
    return out


def test_it_installs_and_tags_with_no_network(bundle: Path, tmp_path: Path) -> None:
    installed = run(*without_network(bundle / "install.sh", tmp_path / "venv"), env=ENVIRONMENT)
    assert installed.returncode == 0, installed.stderr

    command = tmp_path / "venv" / "bin" / "petition"
    tagged = run(
        *without_network(command, "tag", SAMPLE, "--limit", 3, "-o", tmp_path / "out.jsonl"), cwd=tmp_path
    )
    assert tagged.returncode == 0, tagged.stderr
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    names = run(tmp_path / "venv" / "bin" / "pip", "list").stdout
    assert "torch" not in names and "petition-tagger" in names


def test_a_bundle_for_another_machine_holds_its_wheels(bundle: Path, tmp_path: Path) -> None:
    other = "x86_64" if platform.machine() == "aarch64" else "aarch64"
    probe = (
        "--no-deps",
        "--only-binary=:all:",
        "--platform",
        f"manylinux2014_{other}",
        "--dest",
        tmp_path / "probe",
    )
    if run(sys.executable, "-m", "pip", "download", *probe, "numpy").returncode:
        pytest.skip(f"the package index has no wheels for {other}")
    made = run(ROOT / "deploy" / "bundle.sh", tmp_path / "out", "--arch", other, env=ENVIRONMENT)
    assert made.returncode == 0, made.stderr

    built = [wheel.name for wheel in (tmp_path / "out" / "wheels").glob("*.whl")]
    compiled = [name for name in built if not name.endswith("-any.whl")]
    assert all(name.endswith(f"_{other}.whl") for name in compiled), compiled
    for package in ("onnxruntime", "pyarrow", "tokenizers", "numpy"):
        assert any(name.startswith(f"{package}-") for name in compiled), built
    assert {name.split("-")[0] for name in built} == {
        wheel.name.split("-")[0] for wheel in (bundle / "wheels").glob("*.whl")
    }, "as many packages as for this machine"


def test_its_wheel_is_made_of_what_is_committed(bundle: Path) -> None:
    """A tree that is being worked on, as this one often is, makes the same wheel."""
    (wheel,) = bundle.glob("wheels/petition_tagger-*.whl")
    with zipfile.ZipFile(wheel) as made, tarfile.open(bundle / "repository.tar.gz") as archive:
        names = [name for name in made.namelist() if ".dist-info/" not in name]
        assert "serving/cli.py" in names
        for name in names:
            committed = archive.extractfile(f"petition-tagger/{name}")
            assert committed is not None and committed.read() == made.read(name), name


def test_it_holds_the_repository_and_all_is_checked(bundle: Path, tmp_path: Path) -> None:
    with tarfile.open(bundle / "repository.tar.gz") as archive:
        assert "petition-tagger/deploy/bundle.sh" in archive.getnames()
    listed = (bundle / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert len(listed) == sum(path.is_file() for path in bundle.rglob("*")) - 1

    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("SHA256SUMS", "install.sh", "repository.tar.gz"):
        shutil.copy(bundle / name, copy / name)
    refused = run(copy / "install.sh", tmp_path / "venv")
    assert refused.returncode == 1 and "copy it again" in refused.stderr
    assert not (tmp_path / "venv").exists()
