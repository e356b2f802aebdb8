"""Installer and bundle, of invented wheels: the code installed is the bundle's, files lie where docs say."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bundles are for Linux")


def write_wheel(folder: Path, says: str) -> None:
    """A petition-tagger of version 0.1.0 whose only command says something."""
    info = "petition_tagger-0.1.0.dist-info"
    files = {
        "told.py": f"def main():\n    print({says!r})\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: petition-tagger\nVersion: 0.1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[console_scripts]\npetition = told:main\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    record = ""
    with zipfile.ZipFile(folder / "petition_tagger-0.1.0-py3-none-any.whl", "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{name},sha256={digest},{len(text.encode())}\n"
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")


def write_bundle(folder: Path, says: str) -> Path:
    write_wheel(folder / "wheels", says)
    shutil.copy(DEPLOY / "install.sh", folder / "install.sh")
    sums = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  ./{path.relative_to(folder)}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")
    return folder / "install.sh"


def test_a_second_bundle_of_the_same_version_is_installed(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    for says in ("first", "second"):
        installer = write_bundle(tmp_path / says, says)
        environment = {**os.environ, "PYTHON": sys.executable}
        ended = subprocess.run(
            [installer, venv], capture_output=True, text=True, check=False, env=environment
        )
        assert ended.returncode == 0, ended.stderr
        # It ends with the command `petition doctor`.
        assert ended.stdout.splitlines()[-1] == says


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no git checkout to make the bundle from")
def test_what_the_docs_name_lies_in_the_bundle(tmp_path: Path) -> None:
    pip = tmp_path / "python"  # makes an empty wheel, and downloads nothing
    pip.write_text(
        '#!/bin/sh\n[ "$3" = wheel ] || exit 0\nwhile [ "$1" != --wheel-dir ]; do shift; done\n'
        'mkdir -p "$2" && : > "$2/petition_tagger-0.1.0-py3-none-any.whl"\n',
        encoding="utf-8",
    )
    pip.chmod(0o755)
    bundle = tmp_path / "bundle"
    made = subprocess.run(
        [DEPLOY / "bundle.sh", bundle, "--python", "3.11", "--arch", "x86_64"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHON": str(pip)},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr

    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text("utf-8"), re.DOTALL)
    named = set(re.findall(r"(?<![\w/.])(?:\./|deploy/)[\w.]+", "\n".join(blocks)))
    assert {"./install.sh", "deploy/petition.service", "deploy/kubernetes.yaml"} <= named
    # They are for a checkout, or made by the reader.
    for name in named - {"deploy/bundle.sh", "deploy/Dockerfile", "deploy/keys"}:
        assert (bundle / name).is_file(), name
    sums = (bundle / "SHA256SUMS").read_text(encoding="utf-8")
    assert "./deploy/petition.service\n" in sums
