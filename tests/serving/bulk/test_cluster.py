"""`petition bulk --ray` writes what one process writes, also where machines of the cluster are lost."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.export import Export
from serving.bulk import cluster as cluster_module
from serving.bulk.faults import JobFault
from serving.bulk.part import Parts
from tests.serving.bulk.conftest import CHUNKS, beside, start_job
from tests.serving.conftest import PLANTED, Petition

ROOT = Path(__file__).parents[3]
QUIET = {
    **{name: value for name, value in os.environ.items() if not name.startswith("RAY_")},
    "PYTHONPATH": str(ROOT), "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32),
}  # fmt: skip
GB = 1 << 30

# Holds a machine up, so that it is lost with work in its hands.
SLOW = """
import os, time
from serving.bulk import part

real = part.Parts.write
def write(self, number, records):
    real(self, number, records)
    time.sleep(float(os.environ.get("SLOW", "0")))
part.Parts.write = write
"""


# Ends the process that would make one of the parts, as the system does when memory is short.
DEADLY = """
import os, signal
from serving.bulk import part

real = part.Parts.write
def write(self, number, records):
    if number == 9:
        os.kill(os.getpid(), signal.SIGKILL)
    real(self, number, records)
part.Parts.write = write
"""


def test_an_address_may_follow_and_a_file_is_none() -> None:
    import typer.main

    from serving.cli import app

    command = typer.main.get_command(app).commands["bulk"]  # type: ignore[attr-defined]

    def told(*arguments: str) -> tuple[object, object]:
        params = command.make_context("bulk", list(arguments)).params
        return params["ray"], params["inputs"]

    assert told("a.csv", "out.csv") == (None, ["a.csv"])
    assert told("a.csv", "out.csv", "--ray") == ("local", ["a.csv"])
    assert told("--ray", "a.csv", "b.csv", "out.csv") == ("local", ["a.csv", "b.csv"])
    assert told("a.csv", "out.csv", "--ray", "10.0.0.1:6379") == ("10.0.0.1:6379", ["a.csv"])
    assert told("--ray", "auto", "a.csv", "out.csv") == ("auto", ["a.csv"])
    assert told("--", "--ray", "out.csv") == (None, ["--ray"])


def test_what_is_no_address_is_refused(bulk: Petition, big: Path, tmp_path: Path) -> None:
    ended = bulk(big, tmp_path / "out.csv", "--ray=ray://10.0.0.1:10001")

    assert ended.code == 2 and "主机:端口" in ended.err and not (tmp_path / "out.csv.parts").exists()


def test_without_ray_the_message_says_how_to_install_it(
    bulk: Petition, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    ended = bulk(big, tmp_path / "out.csv", "--ray")

    assert ended.code == 69 and "pip install 'petition-tagger[ray]'" in ended.err


class Cluster:
    """A Ray cluster of processes on this machine, each of which takes itself for a machine of one core."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, _free_port()
        self.machines: list[subprocess.Popen[bytes]] = []
        self.head = self._start("--head", f"--port={self.port}", "--include-dashboard=false")

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def join(self, slow: str = "0.2") -> subprocess.Popen[bytes]:
        return self._start(f"--address={self.address}", slow=slow)

    def _start(self, *told: str, slow: str = "0.2") -> subprocess.Popen[bytes]:
        command = [
            Path(sys.executable).with_name("ray"), "start", *told, "--num-cpus=1", "--block",
            "--disable-usage-stats", f"--object-store-memory={80 << 20}", f"--temp-dir={self.folder}",
        ]  # fmt: skip
        # Read by every Python on this path at its start.
        (self.folder / "sitecustomize.py").write_text(SLOW, encoding="utf-8")
        path = f"{self.folder}{os.pathsep}{ROOT}"
        machine = subprocess.Popen(
            command, env={**QUIET, "PYTHONPATH": path, "SLOW": slow}, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.machines.append(machine)
        return machine


def lose(machine: subprocess.Popen[bytes]) -> None:
    """Kill all processes of a machine at once, as a power cut does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(machine.pid, signal.SIGKILL)
    machine.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """The head, a machine of one core."""
    pytest.importorskip("ray.data", reason="the extra ray is not installed")
    with tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as name:
        made = Cluster(Path(name))
        try:
            yield made
        finally:
            for machine in made.machines:
                lose(machine)


def start(
    source: Path, target: Path, export: Export, *more: str, env: dict[str, str] = QUIET
) -> subprocess.Popen[str]:
    return start_job(source, target, export, "--threads", "1", *more, env=env)


def parts(target: Path) -> int:
    return len(list(target.with_name(f"{target.name}.parts").glob("*.part")))


def until(met: object, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not met():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_the_cores_here_write_what_one_process_writes(
    source: Path, tmp_path: Path, export: Export, whole: dict[str, bytes]
) -> None:
    pytest.importorskip("ray.data", reason="the extra ray is not installed")
    target = tmp_path / "out.csv"
    job = start(source, target, export, "--ray", "--quiet")
    _, said = job.communicate(timeout=240)

    assert (job.returncode, said) == (1, "")
    assert beside(target) == whole


@pytest.mark.slow
def test_a_machine_lost_on_the_way_loses_and_doubles_no_row(
    cluster: Cluster, source: Path, tmp_path: Path, export: Export, whole: dict[str, bytes]
) -> None:
    target = tmp_path / "out.csv"
    lost = cluster.join(slow="1")
    until(lambda: _machines(cluster) == 2)
    job = start(source, target, export, "--ray", cluster.address)
    until(lambda: 4 <= parts(target) < CHUNKS)
    lose(lost)
    assert parts(target) < CHUNKS
    _, said = job.communicate(timeout=300)

    assert job.returncode == 1, said
    assert PLANTED not in said and beside(target) == whole


@pytest.mark.slow
def test_a_job_whose_cluster_is_lost_goes_on_without_it_or_on_another(
    cluster: Cluster, bulk: Petition, source: Path, tmp_path: Path, export: Export, whole: dict[str, bytes]
) -> None:
    target = tmp_path / "out.csv"
    until(lambda: _machines(cluster) == 1)
    job = start(source, target, export, "--ray", cluster.address)
    until(lambda: 4 <= parts(target) < CHUNKS)
    job.kill()
    job.communicate()
    done = parts(target)
    again = start(source, target, export, "--ray", cluster.address)
    until(lambda: parts(target) > done)
    lose(cluster.head)
    _, said = again.communicate(timeout=300)
    assert again.returncode == 4 and "用同样的命令继续" in said and not target.exists(), said
    left = parts(target)
    ended = bulk(source, target, "--chunk-rows", 5)

    assert done < left < CHUNKS
    assert ended.code == 1 and "接着做" in ended.err and beside(target) == whole


def _machines(cluster: Cluster) -> int:
    """How many machines the cluster has, by its own account."""
    status = subprocess.run(
        [Path(sys.executable).with_name("ray"), "status", f"--address={cluster.address}"],
        env=QUIET, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return len(re.findall(r"node_[0-9a-f]+", status.stdout.partition("Pending")[0]))


class Machines:
    """What Ray knows of machines: cores and bytes of memory of each."""

    def __init__(self, *found: tuple[int, int]) -> None:
        self.found = found

    def nodes(self) -> list[dict[str, object]]:
        gone = {"Alive": False, "Resources": {"CPU": 64.0, "memory": 1e12}}
        return [gone, *({"Alive": True, "Resources": {"CPU": c, "memory": m}} for c, m in self.found)]


@pytest.mark.parametrize(
    ("machines", "threads", "share"),
    [
        ([(16, 64 * GB), (8, 64 * GB)], 0, (4, GB, 6)),
        ([(2, 64 * GB)], 0, (2, GB, 1)),
        ([(0, 64 * GB), (16, 3 * GB)], 2, (2, GB, 3)),
        ([(8, GB // 2), (2, 64 * GB)], 8, (8, GB // 2, 1)),
    ],
)
def test_workers_are_as_many_as_cores_and_memory_have_room_for(
    machines: list[tuple[int, int]], threads: int, share: tuple[int, int, int]
) -> None:
    assert cluster_module._share(Machines(*machines), threads) == share


def test_a_driver_without_a_machine_for_its_workers_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ended(Exception):
        pass

    def leave(code: int) -> None:
        raise Ended

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(cluster_module, "LOOK_S", 0.01)
    monkeypatch.setattr(cluster_module, "LOST_S", 0.05)
    share = cluster_module.Share(4, GB, 1)
    with pytest.raises(Ended):
        cluster_module._end_without_machines(Machines((0, 64 * GB)), share, threading.Event())


def test_silence_of_the_cluster_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_module, "SILENCE_S", 0.01)
    here, there = multiprocessing.Pipe(duplex=False)
    said: list[str] = []

    def remark(line: str) -> None:
        said.append(line)
        there.send(cluster_module.Told())

    assert cluster_module._received(Parts(tmp_path, ""), remark, here) == cluster_module.Told()
    assert len(said) == 1 and "ray status" in said[0]
    there.close()
    with pytest.raises(JobFault, match="集群断了"):
        cluster_module._received(Parts(tmp_path, ""), remark, here)


@pytest.mark.slow
def test_a_chunk_that_ends_every_worker_ends_the_job(source: Path, tmp_path: Path, export: Export) -> None:
    pytest.importorskip("ray.data", reason="the extra ray is not installed")
    (tmp_path / "deadly").mkdir()
    (tmp_path / "deadly" / "sitecustomize.py").write_text(DEADLY, encoding="utf-8")
    target = tmp_path / "out.csv"
    path = f"{tmp_path / 'deadly'}{os.pathsep}{ROOT}"
    job = start(source, target, export, "--ray", env={**QUIET, "PYTHONPATH": path})
    _, said = job.communicate(timeout=300)
    assert job.returncode == 4 and "工作进程中途消失" in said and not target.exists(), said

    again = start(source, target, export)
    _, said = again.communicate(timeout=240)
    assert again.returncode == 1 and "接着做" in said and target.exists(), said
