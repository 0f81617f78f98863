"""What is installed: the four packages, the shipped library, and nothing else."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("scenarios", "sim", "calibration", "reports")


def _setuptools() -> int:
    try:
        return int(metadata.version("setuptools").partition(".")[0])
    except metadata.PackageNotFoundError:
        return 0


pytestmark = pytest.mark.skipif(
    _setuptools() < 77, reason="builds without network, so with the setuptools of the test extra"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of the tree, built from a copy: a stale build/ would leak into it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    skip = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for package in (*PACKAGES, "tests"):
        shutil.copytree(ROOT / package, source / package, ignore=skip)
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--no-index", "-w", str(folder), str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def _names(wheel: zipfile.ZipFile) -> set[str]:
    return {name for name in wheel.namelist() if not name.endswith("/")}


def _version() -> str:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup["metadata"]["version"]


def test_it_holds_exactly_the_four_packages(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in _names(wheel)}
    assert tops == {*PACKAGES, f"onestop-{_version()}.dist-info"}
    assert not [name for name in _names(wheel) if "test" in Path(name).stem.split("_")]


def test_it_holds_every_module_and_every_data_file(wheel: zipfile.ZipFile) -> None:
    tree = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {name for name in _names(wheel) if ".dist-info/" not in name}
    assert shipped == tree
    assert any(name.startswith("scenarios/library/") for name in shipped)
    walked = {name for name in shipped if name.startswith("sim/verification/walked/")}
    assert {Path(name).suffix for name in walked} == {".csv", ".md", ".yaml"}


def test_it_installs_the_command_and_the_licence(wheel: zipfile.ZipFile) -> None:
    info = f"onestop-{_version()}.dist-info"
    entries = configparser.ConfigParser()
    entries.read_string(wheel.read(f"{info}/entry_points.txt").decode())
    assert dict(entries["console_scripts"]) == {"onestop": "sim.cli:main"}
    licences = [name for name in _names(wheel) if name.endswith("/LICENSE")]
    assert len(licences) == 1 and licences[0].startswith(info)
