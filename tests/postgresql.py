"""A real PostgreSQL, started for the tests in a folder of its own; it listens on a socket there alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

NewDatabase = Callable[[], str]


def _programs() -> Path | None:
    """Where initdb and pg_ctl are; Debian keeps them off the path."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).parent if found else debian[-1].parent if debian else None


def _unprivileged() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid():
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def new_postgresql() -> Iterator[NewDatabase]:
    """Make a new, empty database of a real server; gives its URL."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed; pip install -e '.[postgres]'")
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    runs = _unprivileged()
    if runs:
        os.chown(folder, int(str(runs["user"])), int(str(runs["group"])))

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), "-D", str(folder / "data"), *arguments],
            check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=120, env={"LC_ALL": "C"}, **runs,  # type: ignore[call-overload]
        )  # fmt: skip

    try:
        run("initdb", "--username=petition", "--auth=trust", "--encoding=UTF8", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "start", "--wait", "--silent", "--log", str(folder / "log"), "--options", options)
        try:
            base = f"postgresql://petition@/{{}}?host={folder}"

            def new() -> str:
                name = f"reviews_{uuid.uuid4().hex}"
                with psycopg.connect(base.format("postgres"), autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
                return base.format(name)

            yield new
        finally:
            run("pg_ctl", "stop", "--mode=immediate", "--silent")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
