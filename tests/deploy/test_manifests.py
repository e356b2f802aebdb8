"""The files of deploy/ agree with the service: its settings, routes, limits; no root, one folder to fill."""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving.app import routes
from serving.server import LAST_ANSWERS_S, LAST_WORDS_S
from serving.settings import CONFIG, PREFIX, ServeSettings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = ["Dockerfile", "compose.yaml", "petition.service", "kubernetes.yaml"]
USER = 10001
STATE = "/var/lib/petition"


def kubernetes(kind: str) -> Any:
    """The one object of this kind."""
    shapes = yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
    (found,) = [shape for shape in shapes if shape["kind"] == kind]
    return found


def container() -> Any:
    (found,) = kubernetes("Deployment")["spec"]["template"]["spec"]["containers"]
    return found


def unit() -> dict[str, list[str]]:
    """The unit's settings; one may stand in several lines."""
    found: dict[str, list[str]] = {}
    for line in (DEPLOY / "petition.service").read_text(encoding="utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def environments() -> Iterator[tuple[str, dict[str, str]]]:
    """What each file sets, as the service sees it."""
    docker = dict(re.findall(rf"({PREFIX}\w+)=(\S+)", (DEPLOY / "Dockerfile").read_text(encoding="utf-8")))
    yield "Dockerfile", docker
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["petition"]
    yield "compose.yaml", docker | compose["environment"]
    pairs = [pair.split("=", 1) for line in unit()["Environment"] for pair in line.split()]
    yield "petition.service", {name: value for name, value in pairs if name.startswith(PREFIX)}
    yield "kubernetes.yaml", docker | {each["name"]: each["value"] for each in container()["env"]}


ENVIRONMENTS = dict(environments())


@pytest.mark.parametrize("file", FILES)
def test_every_variable_is_a_setting_and_its_value_fits(file: str, tmp_path: Path) -> None:
    values = ENVIRONMENTS[file]
    keys = tmp_path / "keys.json"
    keys.touch()
    settings = {name.removeprefix(PREFIX).lower(): value for name, value in values.items() if name != CONFIG}
    assert Path(settings["keys"]).is_absolute()

    found = ServeSettings(**{**settings, "keys": keys})  # type: ignore[arg-type]
    assert found.port == 8080 and set(settings) <= set(ServeSettings.model_fields)


def test_whoever_ends_the_service_waits_till_it_has_answered() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["petition"]
    pod = kubernetes("Deployment")["spec"]["template"]["spec"]
    waits = {
        "compose.yaml": int(compose["stop_grace_period"].removesuffix("s")),
        "petition.service": int(unit()["TimeoutStopSec"][0]),
        "kubernetes.yaml": pod["terminationGracePeriodSeconds"],
    }
    for file, seconds in waits.items():
        values = ENVIRONMENTS[file]
        limits = [float(values.get(f"{PREFIX}DRAIN_{name}_S", 0)) for name in ("WAIT", "LIMIT")]
        assert limits[1] and seconds > sum(limits) + LAST_WORDS_S + LAST_ANSWERS_S


def test_probes_ask_routes_that_need_no_key() -> None:
    from serving.access import is_open

    paths = {container()[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")}
    paths |= set(re.findall(r"'GET', '(.*?)'", (DEPLOY / "Dockerfile").read_text(encoding="utf-8")))
    declared = {route.path for route in routes.routes}  # type: ignore[attr-defined]

    assert paths == {"/readyz", "/livez"} and paths <= declared and all(map(is_open, paths))


def test_it_runs_without_root_and_writes_to_memory_alone() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["petition"]
    pod = kubernetes("Deployment")["spec"]["template"]["spec"]
    mounts = {volume["name"]: volume for volume in pod["volumes"]}

    assert f"\nUSER {USER}:{USER}\n" in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert compose["read_only"] and compose["cap_drop"] == ["ALL"]
    assert compose["security_opt"] == ["no-new-privileges:true"] and compose["tmpfs"][0].startswith("/tmp:")
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == USER
    assert container()["securityContext"]["readOnlyRootFilesystem"]
    assert mounts["tmp"]["emptyDir"]["medium"] == "Memory"
    assert unit()["User"] == ["petition"] and unit()["ProtectSystem"] == ["strict"]
    assert f"TMPDIR=/run/{unit()['RuntimeDirectory'][0]}" in " ".join(unit()["Environment"])


def test_what_is_to_stay_is_written_to_a_folder_of_the_service_alone() -> None:
    """The examples name settings, and places that each of the files makes writable."""
    docker = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert unit()["StateDirectory"] == [Path(STATE).name] and unit()["StateDirectoryMode"] == ["0700"]
    assert f"install -d -o {USER} -g {USER} -m 700 {STATE}\n" in docker
    assert f"state:{STATE}" in compose["services"]["petition"]["volumes"] and "state" in compose["volumes"]

    for file in ("compose.yaml", "petition.service"):
        text = (DEPLOY / file).read_text(encoding="utf-8")
        found = dict(re.findall(rf"^ *# *{PREFIX}(\w+)(?:=|: )(\S+)$", text, re.MULTILINE))
        assert set(found) == {"AUDIT", "REVIEWS_DATABASE", "REVIEWS_MIGRATE"}
        given = {name.lower(): value.strip('"') for name, value in found.items()}
        settings = ServeSettings(**given)
        assert str(settings.audit).startswith(f"{STATE}/") and settings.reviews_migrate
        assert settings.reviews_database.startswith(f"{STATE}/")


def test_the_pods_of_a_cluster_may_keep_an_audit_log_each() -> None:
    text = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    shapes = {shape["kind"]: shape for shape in yaml.safe_load_all(text.replace("#: ", ""))}
    pod = shapes["Deployment"]["spec"]["template"]["spec"]
    (found,) = pod["containers"]
    values = {each["name"]: each.get("value") for each in found["env"]}
    mounts = {each["name"]: each["mountPath"] for each in found["volumeMounts"]}
    claims = {
        each["name"]: each["persistentVolumeClaim"]["claimName"]
        for each in pod["volumes"]
        if "persistentVolumeClaim" in each
    }

    assert values[f"{PREFIX}AUDIT"] == f"{mounts['state']}/$(POD).jsonl" and "POD" in values
    assert claims["state"] == shapes["PersistentVolumeClaim"]["metadata"]["name"]
    assert shapes["PersistentVolumeClaim"]["spec"]["accessModes"] == ["ReadWriteMany"]


def test_the_container_sees_keys_that_were_renamed_into_place() -> None:
    """A folder is mounted: a mount of a single file stays with the one that `petition key new` replaced."""
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["petition"]
    folders = [each.split(":")[1] for each in compose["volumes"] if each.startswith("./")]

    assert "secrets" not in compose
    assert folders == [str(Path(ENVIRONMENTS["compose.yaml"][f"{PREFIX}KEYS"]).parent)]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_asks_at_the_port_that_is_set(status: int, code: int) -> None:
    asked: list[str] = []

    class Ready(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    command = json.loads(re.findall(r"^HEALTHCHECK.*\\\n *CMD (\[.*\])$", text, re.MULTILINE)[0])
    server = http.server.HTTPServer(("127.0.0.1", 0), Ready)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    environment = {**os.environ, f"{PREFIX}PORT": str(server.server_port)}
    ended = subprocess.run([sys.executable, *command[1:]], check=False, env=environment)
    thread.join(10)
    server.server_close()

    assert asked == ["/readyz"] and ended.returncode == code


def test_the_proxy_of_the_docs_puts_no_report_on_a_disk() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```nginx$(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    told = dict(re.findall(r"^    (\w+) ([^;{]+);$", block, re.MULTILINE))

    assert told["proxy_request_buffering"] == "off" and told["proxy_max_temp_file_size"] == "0"
    # A chunked body is buffered all the same, in memory as long as it fits there.
    assert told["client_body_buffer_size"] == told["client_max_body_size"] == "8m"
    assert ServeSettings().max_body_bytes <= 8 << 20


def test_the_cluster_sets_no_variables_that_the_service_would_refuse() -> None:
    # For a Service called petition it would set PETITION_PORT and others of its own.
    assert kubernetes("Deployment")["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_the_image_is_made_of_what_the_wheel_needs(tmp_path: Path) -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = set(re.findall(r'"(\w+)"', re.findall(r"^packages = \[(.*)\]$", project, re.MULTILINE)[0]))

    assert packages | {"pyproject.toml", "README.md", "LICENSE"} == allowed - {"wheels"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze")
def test_systemd_takes_the_unit_and_finds_it_closed(tmp_path: Path) -> None:
    text = (DEPLOY / "petition.service").read_text(encoding="utf-8")
    copy = tmp_path / "petition.service"
    copy.write_text(text.replace("/opt/petition/bin/petition serve", shutil.which("true") or "/bin/true"))

    def analyse(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["systemd-analyze", *arguments, copy], capture_output=True, text=True, check=False
        )

    verified = analyse("verify")
    assert verified.returncode == 0 and verified.stderr == ""
    # Exposure in tenths, from 0 to 100.
    assert analyse("security", "--offline=true", "--threshold=20").returncode == 0


@pytest.mark.parametrize("script", ["bundle.sh", "install.sh"])
def test_a_script_is_sound_and_says_how_it_is_used(script: str) -> None:
    path = DEPLOY / script
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0
    told = subprocess.run([path], capture_output=True, text=True, check=False)
    assert told.returncode == 2 and script in told.stderr
