"""What a process writes: every file that it opens or writes to, watched from outside or from within."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
# In a process run with it as `-c`: names on standard error, at the end, each file opened to be written.
HOOK = """
import os, sys
opened = []
def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if (mode and set(mode) & set("wax+")) or (flags and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
            opened.append(os.fspath(path) if not isinstance(path, int) else f"descriptor {path}")
sys.addaudithook(watch)
from serving.cli import main
code = main()
print("WRITTEN", *opened, sep="\\n", file=sys.stderr)
sys.exit(code)
"""
_CALLS = "open,openat,openat2,creat,write,writev,pwrite64,pwritev,pwritev2,sendfile,copy_file_range"
_WRITE = re.compile(r"(?:p?writev?2?|pwrite64|sendfile|copy_file_range)\((\d+)<([^>]*)>")
_OPENED = re.compile(r'(open|openat|openat2|creat)\([^"]*"((?:\\x[0-9a-f]{2})*)"(.*)')


def strace() -> str:
    """strace, or a skip with the reason why not."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    if os.geteuid() != 0:
        pytest.skip("a sealed process hides its descriptors from a strace that is not root")
    tried = subprocess.run([found, "-o", os.devnull, "true"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("strace may not trace here")
    return found


def under_strace(trace: Path, command: Sequence[str]) -> list[str]:
    """The command, every call that opens or writes kept in `trace`."""
    return [strace(), "-f", "--seccomp-bpf", "-y", "-xx", "-s", "10000000", "-e", f"trace={_CALLS}",
            "-o", str(trace), *command]  # fmt: skip


def traced(trace: Path) -> tuple[dict[str, bytes], list[str]]:
    """Of a trace: what was written to each place (a path, pipe:[7]); what was opened to be written."""
    written: dict[str, bytes] = {}
    opened = []
    for line in trace.read_text(encoding="ascii", errors="replace").splitlines():
        if call := _WRITE.search(line):
            pairs = re.findall(r"\\x([0-9a-f]{2})", line[call.end() :])
            place = _plain(call[2])
            written[place] = written.get(place, b"") + bytes(int(pair, 16) for pair in pairs)
        elif (call := _OPENED.search(line)) and (
            call[1] == "creat" or re.search("O_WRONLY|O_RDWR|O_CREAT", call[3])
        ):
            opened.append(_plain(call[2]))
    return written, opened


def _plain(name: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), name)


def is_stored(place: str) -> bool:
    """Whether bytes written to a place stay: not in a pipe, a socket, a device, memory with a descriptor."""
    return place.startswith("/") and not place.startswith(("/dev/", "/memfd:"))


def holds(content: bytes, phrases: Iterable[str]) -> list[str]:
    """The phrases in some bytes, in any encoding."""
    return [phrase for phrase in phrases if any(phrase.encode(e) in content for e in ENCODINGS)]


def files_with(folders: Iterable[Path], phrases: Sequence[str], but: Iterable[Path] = ()) -> list[str]:
    """Files of folders, workbooks unpacked, that hold a phrase; `but` are those that may."""
    return [
        str(path)
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path not in but and any(holds(part, phrases) for part in _parts(path))
    ]


def _parts(path: Path) -> Iterator[bytes]:
    yield path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield archive.read(name)
