"""warmup: a table, a file, a plot."""

from __future__ import annotations

import json

LONG = ("--set", "run.measured=8 weeks", "--replications", 2)


def test_it_prints_weekly_means_and_draws_them(onestop, tiny, tmp_path):
    told = onestop("warmup", tiny, *LONG)
    assert told.status == 0 and "MSER" in told.out and "moving average" in told.out
    found = json.loads((tmp_path / "results" / "warmup-tiny.json").read_text(encoding="utf-8"))
    assert found["schema"] == "onestop.warmup/1" and len(found["weekly"]) == 8
    for kind in ("png", "svg"):
        assert (tmp_path / "results" / f"warmup-tiny.{kind}").stat().st_size > 5000


def test_the_reference_engine_gives_the_same_and_chinese_works(onestop, tiny):
    one = onestop("warmup", tiny, *LONG, "--json", "--engine", "reference", "--quiet")
    other = onestop("warmup", tiny, *LONG, "--json", "--engine", "compiled", "--lang", "zh",
                    "--out", "zh.json", "--quiet")
    assert one.status == 0 and one.out == other.out


def test_a_run_that_is_too_short_is_refused(onestop, tiny, tmp_path):
    told = onestop("warmup", tiny)
    assert told.status == 2 and "run.measured" in told.err and "4 weeks" in told.err
    assert not (tmp_path / "results").exists()
