"""No file that is read can run code: held by a search through the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = [
    path
    for folder in ("data", "model", "serving", "training", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
# Modules whose loaders run what they read, and calls that evaluate text.
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
CALLS = {"eval", "exec", "compile", "__import__", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all",
         "os.system", "os.popen", "tempfile.mktemp"}  # fmt: skip


def faults(source: str) -> Iterator[str]:
    """What in a module could run what it reads, with the line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            names = []
        yield from (f"{node.lineno} imports {name}" for name in names if name.split(".")[0] in MODULES)  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            yield from (f"{node.lineno} {why}" for why in _call(node))


def _call(node: ast.Call) -> Iterator[str]:
    name = ast.unparse(node.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    if name in CALLS or name.endswith((".extractall", ".read_pickle", ".unsafe_load")):
        yield name
    if name == "yaml.load" and given.get("Loader") not in ("_Loader", "yaml.SafeLoader", "SafeLoader"):
        yield "yaml.load without a safe loader"
    if name in ("torch.load", "torch.jit.load") and given.get("weights_only") != "True":
        yield f"{name} without weights_only=True"
    if name in ("np.load", "numpy.load") and given.get("allow_pickle", "False") != "False":
        yield "np.load with pickles"
    if given.get("shell", "False") != "False":
        yield "a shell"
    if given.get("trust_remote_code", "False") != "False":
        yield "remote code"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_module_can_run_what_it_reads(path: Path) -> None:
    assert list(faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from joblib import load", "pd.read_pickle(x)", "import yaml\nyaml.load(x)",
        "yaml.load(x, Loader=yaml.Loader)", "torch.load(x)", "torch.load(x, weights_only=False)",
        "np.load(x, allow_pickle=True)", "eval(x)", "subprocess.run(x, shell=True)", "archive.extractall()",
        "AutoModel.from_pretrained(x, trust_remote_code=True)",
    ],
)  # fmt: skip
def test_the_search_finds_what_it_looks_for(source: str) -> None:
    assert list(faults(source))


def test_the_loader_of_yaml_is_a_safe_one() -> None:
    import yaml

    from data.taxonomy_file import _Loader

    assert issubclass(_Loader, yaml.SafeLoader)
    with pytest.raises(yaml.YAMLError):
        yaml.load("!!python/object/apply:os.getcwd []", Loader=_Loader)


def test_whoever_writes_csv_disarms_its_cells() -> None:
    """A cell that begins with = would run in the spreadsheet of whoever opens the file."""
    shipped = [path for path in SOURCES if path.relative_to(ROOT).parts[0] != "benchmarks"]
    writers = [path for path in shipped if "csv.writer(" in path.read_text(encoding="utf-8")]

    assert len(writers) >= 2
    assert [path.name for path in writers if "disarm(" not in path.read_text(encoding="utf-8")] == []


def test_the_runtime_is_imported_where_its_telemetry_is_turned_off_and_nowhere_else() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if re.search(r"^\s*(?:import|from) onnxruntime\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }

    # The others ask the first before they import.
    assert found == {"model/engine.py", "training/quantize.py", "benchmarks/engine_kinds.py"}
    assert "load_runtime()\n    from onnxruntime" in (ROOT / "benchmarks/engine_kinds.py").read_text(
        encoding="utf-8"
    )
    assert "load_runtime()\n    from onnxruntime" in (ROOT / "training/quantize.py").read_text(
        encoding="utf-8"
    )


def test_openvino_is_imported_where_what_reports_its_use_is_kept_out_and_nowhere_else() -> None:
    texts = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in SOURCES}
    found = {name for name, text in texts.items() if re.search(r"(?:import|from) openvino\b", text)}

    assert found == {"model/openvino_engine.py"}
    kept_out = texts["model/openvino_engine.py"].index('setdefault("openvino_telemetry", None)')
    assert kept_out < texts["model/openvino_engine.py"].index("    import openvino\n")


def test_the_page_on_security_names_files_that_exist() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:data|model|serving|training|tests|benchmarks)/[\w/.]+\.py)`", page)

    assert named and [name for name in named if not (ROOT / name).is_file()] == []
