"""A port's log, whatever its shape, as `Records`, with an account of every row and field."""

from __future__ import annotations

from calibration.reading.account import FieldAccount, LeftOut, QualityAccount
from calibration.reading.mapping import LogMap, read_map
from calibration.reading.reading import ReadColumn, Reading, read

__all__ = ["FieldAccount", "LeftOut", "LogMap", "QualityAccount", "ReadColumn", "Reading", "read",
           "read_map"]
