"""The tree as it is kept: sizes of files, what no file may say, one version, one lock."""

from __future__ import annotations

import configparser
import fnmatch
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("scenarios", "sim", "calibration", "reports")
LONGEST = 360
LONGEST_TEST = 450
MAY_BE_LONGER = {"sim/engines/_kernel.py"}

# Written with a class in each, so that this file does not match itself.
MACHINE_PATHS = re.compile(
    r"(?<![\w.:/-])/(w[o]rk|f[a]rm|r[o]ot|h[o]me/\w+|U[s]ers/\w+|t[m]p/\w+)(/|\b)"
    r"|[A-Z]:[\\/]U[s]ers|\.\./s[h]ared|b[a]sh_jobs"
)
UNFINISHED = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|N[o]tImplementedError)\b")


def _files() -> list[str]:
    """Files that git tracks or would add, relative to the root, with `/`."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode("utf-8").split("\0")
    return sorted(name for name in set(names) if name and (ROOT / name).is_file())


def _texts() -> dict[str, str]:
    """Text of every file that is UTF-8 text; log excerpts are a port's own words, not ours."""
    texts = {}
    for name in _files():
        data = (ROOT / name).read_bytes()
        if b"\0" in data or name.endswith(".csv"):
            continue
        texts[name] = data.decode("utf-8")
    return texts


def _found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in _texts().items()
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def _setup() -> configparser.ConfigParser:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    return setup


def test_no_file_names_a_place_on_some_machine() -> None:
    assert _found(MACHINE_PATHS) == []


def test_no_file_says_that_it_is_unfinished() -> None:
    assert _found(UNFINISHED) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE_PATHS, "read it from /" + "work/main"),
        (MACHINE_PATHS, "--out=/" + "tmp/results"),
        (MACHINE_PATHS, "`C:" + "\\Users\\ann`"),
        (UNFINISHED, "# TO" + "DO: later"),
        (UNFINISHED, "raise Not" + "ImplementedError"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


def test_python_files_fit_a_reader() -> None:
    lengths = {
        name: len(text.splitlines()) for name, text in _texts().items() if name.endswith(".py")
    }
    assert lengths
    long = {
        name: n for name, n in lengths.items() if name not in MAY_BE_LONGER
        and n > (LONGEST_TEST if name.startswith("tests/") else LONGEST)
    }
    assert long == {}


def test_every_data_file_of_a_package_is_shipped() -> None:
    patterns = {
        package: globs.split() for package, globs in _setup()["options.package_data"].items()
    }
    left_out = []
    for name in _files():
        package, _, inside = name.partition("/")
        if package in PACKAGES and not name.endswith(".py"):
            # fnmatch lets * cross a slash, so the folder must agree as well.
            globs = [g for g in patterns.get(package, []) if g.count("/") == inside.count("/")]
            if not any(fnmatch.fnmatchcase(inside, g) for g in globs):
                left_out.append(name)
    assert left_out == []
    assert list((ROOT / "scenarios" / "library").glob("*.yaml"))


def test_the_version_agrees_wherever_it_must_be_repeated() -> None:
    version = _setup()["metadata"]["version"]
    entries = re.findall(r"^## \[([^\]]+)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert [entry for entry in entries if entry != "Unreleased"][0] == version
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_the_lock_pins_every_dependency_and_names_no_registry() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert not re.search(r"https?:|file:|^-", lock, re.M)
    pinned = {_plain(line) for line in lock.splitlines() if "==" in line}
    setup = _setup()
    wanted = [setup["options"]["install_requires"], *setup["options.extras_require"].values()]
    names = {_plain(line) for text in wanted for line in text.splitlines() if line.strip()}
    assert names - {"onestop"} <= pinned


def _plain(requirement: str) -> str:
    """A requirement's project name in the form of the registries: `ruamel-yaml`."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s=<>!~\[;]", requirement.strip())[0]).lower()
