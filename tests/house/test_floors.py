"""The import contracts of .importlinter hold, and each of them bites."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter is in the test extra")

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("scenarios", "sim", "calibration", "reports")

# The least house in which every contract finds the modules that it names.
SMALL_HOUSE = (
    *(f"{package}/__init__.py" for package in PACKAGES),
    "sim/__main__.py",
    "sim/cli.py",
    "sim/engines/__init__.py",
    "sim/experiment.py",
    "calibration/commands.py",
    "reports/commands.py",
    "scenarios/commands.py",
)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts in `folder`, in a process of its own: the linter imports packages."""
    code = (
        "import sys; from importlinter.cli import lint_imports; "
        "sys.exit(lint_imports(config_filename='.importlinter', no_cache=True))"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1", "COLUMNS": "200"}


def _small_house(folder: Path) -> None:
    for name in SMALL_HOUSE:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", encoding="utf-8")
    (folder / "sim/__main__.py").write_text("import sim.cli\n", encoding="utf-8")
    shutil.copy(ROOT / ".importlinter", folder)


def test_the_tree_keeps_the_contracts() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_house_without_forbidden_imports_is_kept(tmp_path: Path) -> None:
    _small_house(tmp_path)
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "imports", "contract"),
    [
        ("scenarios/commands.py", "import sim", "floors"),
        ("sim/experiment.py", "import reports.commands", "floors"),
        ("sim/experiment.py", "from calibration import commands", "floors"),
        ("reports/commands.py", "import calibration", "floors"),
        ("calibration/commands.py", "import reports", "floors"),
        ("sim/engines/__init__.py", "import sim.experiment", "engines"),
        ("sim/experiment.py", "def f():\n    import sim.cli", "cli"),
        ("reports/commands.py", "from sim.cli import main", "cli"),
        ("sim/experiment.py", "import matplotlib.pyplot", "drawing"),
    ],
)
def test_a_forbidden_import_is_found(
    tmp_path: Path, module: str, imports: str, contract: str
) -> None:
    _small_house(tmp_path)
    (tmp_path / module).write_text(imports + "\n", encoding="utf-8")
    done = lint(tmp_path)
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    name = contracts[f"importlinter:contract:{contract}"]["name"]
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{name} BROKEN" in " ".join(done.stdout.split())
