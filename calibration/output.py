"""What a calibration leaves: FILE.yaml and, beside it, FILE.calibration/.

calibration.json   every estimate with its interval, sample size, check and remarks; the account of
                   the log; the backtest and the forecast. What a report shows
draws.json         posterior draws, for studies with --uncertainty
rejected.csv       rows of the log that could not be used, with line and reason
manifest.json      log, digests, seed, versions, command: enough to do it again
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calibration.emit import scenario_text
from calibration.estimates import LEVEL, Estimate
from calibration.pipeline import Calibration, draws_of, with_shared
from scenarios.errors import Fault, InputError
from sim.journal import json_bytes, storing, write_aside
from sim.provenance import file_digest, machine, own_version, versions

SCHEMA = "onestop.calibration/1"
MANIFEST_SCHEMA = "onestop.calibration-manifest/1"
DRAWS_SCHEMA = "onestop.draws/1"


def check_place(out: Path, overwrite: bool) -> None:
    """Refuses (InputError) a place for the scenario before any work is done."""
    if out.suffix not in (".yaml", ".yml"):
        raise InputError(Fault("must end in .yaml", file=str(out), key="--out"))
    if not out.absolute().parent.is_dir():
        raise InputError(Fault("the folder is not there", file=str(out), key="--out"))
    for path in (out, folder_of(out)):
        if path.exists() and not overwrite:
            raise InputError(Fault("is there already", file=str(path), key="--out",
                                   hint="Choose another name, or replace it with --overwrite."))
    folder = folder_of(out)
    if folder.exists() and not (folder / "calibration.json").is_file():
        raise InputError(Fault("holds no calibration of ours", file=str(folder), key="--out",
                               hint="Choose another name."))


def folder_of(out: Path) -> Path:
    """The folder beside the scenario file."""
    return out.with_suffix(".calibration")


def write(calibration: Calibration, out: Path, seed: int, command: Sequence[str]) -> None:
    """Writes the folder, then the file: under other names first, so that neither is ever half
    there. EnvironmentFailure if the disk is full."""
    folder, text = folder_of(out), text_of(calibration, out.stem)
    partial = folder.with_name(f"{folder.name}.partial")
    with storing(partial):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        write_aside(partial / "calibration.json", json_bytes(content_of(calibration, out, seed)))
        write_aside(partial / "draws.json", json_bytes(
            {"schema": DRAWS_SCHEMA, "scenario": name_of(out.stem),
             "draws": draws_of(calibration.fitted, calibration.stated)}))
        calibration.reading.account.write_left_out(partial / "rejected.csv")
        files = sorted(p for p in partial.iterdir() if p.is_file())
        write_aside(partial / "manifest.json", json_bytes({
            "schema": MANIFEST_SCHEMA, "command": ["onestop", *command], "seed": seed,
            "version": own_version(), "versions": versions(), "machine": machine(),
            "log": {"file": str(calibration.log), "sha256": file_digest(calibration.log)},
            "files": {p.name: {"sha256": file_digest(p), "bytes": p.stat().st_size}
                      for p in files}}))
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(partial, folder)
        write_aside(out, text.encode())


def text_of(calibration: Calibration, stem: str) -> str:
    """The scenario file."""
    name = name_of(stem)
    settings = {"title": {"en": f"{stem}, calibrated", "zh": f"{stem}（依日志校准）"},
                **with_shared(calibration.fitted, calibration.stated).settings}
    return scenario_text(name, calibration.base_name, calibration.fitted.base,
                         calibration.log.name, settings,
                         [*calibration.fitted.estimates, *calibration.stated])


def name_of(stem: str) -> str:
    """A scenario's name from a file's: small letters, digits and hyphens."""
    import re

    name = re.sub(r"[^a-z0-9-]+", "-", stem.lower()).strip("-")
    return name if name[:1].isalpha() else f"port-{name}".rstrip("-")


def content_of(calibration: Calibration, out: Path, seed: int) -> dict[str, Any]:
    """What calibration.json holds."""
    records = calibration.reading.records
    return {
        "schema": SCHEMA, "name": name_of(out.stem), "base": calibration.base_name, "seed": seed,
        "level": LEVEL,
        "log": {"file": calibration.log.name, "sha256": file_digest(calibration.log),
                "start": records.start.isoformat(), "since_min": records.since,
                "until_min": records.until, "containers": len(records),
                "consignments": len(records.first), "share": records.share},
        "columns": [asdict(column) for column in calibration.reading.columns],
        "account": calibration.reading.account.as_dict(),
        "estimates": [stated(e) for e in calibration.fitted.estimates],
        "shared": [stated(e) for e in calibration.stated],
        "backtest": calibration.backtest.as_dict() if calibration.backtest else None,
        "forecast": calibration.forecast.as_dict() if calibration.forecast else None,
        "remarks": [*calibration.reading.remarks, *calibration.remarks]}


def stated(estimate: Estimate) -> dict[str, Any]:
    """An estimate as JSON-able data, its intervals for its draws."""
    content = asdict(estimate)
    del content["draws"]
    content["intervals"] = {path: list(numbers)
                            for path, numbers in estimate.intervals().items()}
    return content
