"""Hypothesis for all tests: the same few examples on every machine, without a clock."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("onestop", deadline=None, derandomize=True, max_examples=25,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("onestop")
