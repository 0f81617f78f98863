"""The traffic of a log's weeks is the log's own, and what it leaves blank is drawn."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from calibration.records import BLANK, Records
from calibration.replay_traffic import only_selected, traffic_of_records
from calibration.simulated import records_of
from scenarios.load import Loaded, load
from sim.engines import simulate
from sim.ports import PortRun, port_run


@cache
def kept() -> tuple[Loaded, PortRun, Records]:
    scenario = load("xiamen-2015", None, ["run.warmup=0 weeks", "run.measured=3 weeks",
                                          "selection.simulate=all"])
    run = port_run(scenario, 1, 0)
    return scenario, run, records_of(run, simulate(run.plan), step=60)


def blanked(records: Records, stamps: tuple[str, ...], rows: np.ndarray) -> Records:
    seconds = dict(records.seconds)
    for stamp in stamps:
        seconds[stamp] = np.where(rows, BLANK, seconds[stamp]).astype(np.int32)
    return replace(records, seconds=seconds)


def test_the_log_comes_back_as_it_was() -> None:
    scenario, _, records = kept()
    traffic = traffic_of_records(records, scenario)
    assert np.array_equal(traffic.arrival, records.of_consignments("arrival"))
    known = ~np.isnan(records.of_consignments("lodged"))
    assert np.array_equal(traffic.lodged[known],
                          np.maximum(records.of_consignments("lodged")[known], 0.0))
    assert np.array_equal(traffic.containers, records.boxes)
    assert np.array_equal(traffic.size, records.size)
    for agency in scenario.order:
        assert np.array_equal(traffic.examined[agency], records.selected[agency] == 1)
        assert np.array_equal(traffic.depth[agency], records.depth[agency])
    for name, codes in traffic.attributes.items():
        texts = np.array(traffic.values[name])[codes]
        assert np.array_equal(texts, np.array(records.values[name])[records.attribute(name)])


def test_a_run_of_it_is_a_port_again() -> None:
    scenario, _, records = kept()
    run = port_run(scenario, 2, 0, traffic=traffic_of_records(records, scenario, 2))
    assert len(records_of(run, simulate(run.plan))) == len(records)


def test_blanks_are_drawn_and_drawn_alike_for_the_same_seed() -> None:
    scenario, _, records = kept()
    rows = np.arange(len(records)) % 3 == 0
    holes = blanked(records, ("lodged", "discharged"), rows[records.first][records.consignment])
    holes = replace(holes, size=np.where(rows, 0, holes.size).astype(np.int16), attributes={
        name: np.where(rows, -1, codes).astype(np.int16)
        for name, codes in holes.attributes.items()})
    one, same, other = (traffic_of_records(holes, scenario, seed) for seed in (1, 1, 2))
    assert np.all(one.discharged >= one.arrival)
    assert set(np.unique(one.size)) <= {20, 40}
    assert all(codes.min() >= 0 for codes in one.attributes.values())
    assert np.array_equal(one.lodged, same.lodged)
    assert not np.array_equal(one.lodged, other.lodged)


def test_papers_that_were_taken_up_had_been_lodged_and_others_not_yet() -> None:
    scenario, _, records = kept()
    traffic = traffic_of_records(blanked(records, ("lodged",), np.ones(len(records), bool)),
                                 scenario)
    begun = np.fmin(*(records.of_consignments(f"start.papers.{a}") for a in scenario.order))
    assert np.all((traffic.lodged <= begun)[~np.isnan(begun)])
    assert np.all(traffic.lodged[np.isnan(begun)] >= records.until)


def test_an_unknown_selection_is_drawn() -> None:
    scenario, _, records = kept()
    unknown = {a: np.full(len(records), -1, np.int8) for a in scenario.order}
    traffic = traffic_of_records(replace(records, selected=unknown), scenario)
    share = np.mean(traffic.selected["customs"])
    assert 0.1 < share < 0.9
    assert np.array_equal(traffic.depth["customs"] >= 0, traffic.examined["customs"])


def test_only_the_selected_are_kept_where_asked() -> None:
    scenario, _, records = kept()
    nobody = {a: np.where(records.consignment % 2, 0, flags).astype(np.int8)
              for a, flags in records.selected.items()}
    traffic = only_selected(traffic_of_records(replace(records, selected=nobody), scenario))
    assert np.all(np.any(list(traffic.selected.values()), axis=0))
    assert len(traffic.owner) == traffic.containers.sum() == len(traffic.size)
    assert traffic.owner.max() == len(traffic.arrival) - 1
