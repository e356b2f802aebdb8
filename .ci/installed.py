"""Hold what is installed to a lock file (name==version a line), and its files to their wheels' hashes."""

import base64
import hashlib
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

LOCKED = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)")


def plain(name: str) -> str:
    """A package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def main(lock: str) -> int:
    """Tell every difference; give 1 where there is one."""
    wanted = {plain(m[1]): m[2] for m in map(LOCKED.match, Path(lock).read_text("utf-8").splitlines()) if m}
    faults, files = [], 0
    found = {plain(each.metadata["Name"]): each for each in distributions()}
    for name, version in wanted.items():
        if name not in found:
            faults.append(f"{name}: not installed")
        elif found[name].version != version:
            faults.append(f"{name}: {found[name].version} is installed, {version} is listed")
    for name, package in found.items():
        for file in package.files or ():
            path = Path(str(file.locate()))
            if file.hash is None or path.suffix == ".pyc":
                continue
            files += 1
            try:
                digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
            except OSError:
                faults.append(f"{name}: {file} is gone")
                continue
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != file.hash.value:
                faults.append(f"{name}: {file} is not as it was installed")
    sys.stdout.write("\n".join(faults) or f"{len(wanted)} packages as listed, {files} files as installed")
    sys.stdout.write("\n")
    return min(1, len(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
