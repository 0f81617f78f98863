"""The traffic of a log's own weeks, so that a simulation meets what the port met.

As in the replay of a log under another regime, what the port's process did not cause is taken from
the records (arrival, discharge, lodging, sizes, attributes, selections, depths); what a record
leaves blank is drawn from the scenario, at the same uniforms as drawn traffic.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from calibration.records import Floats, Ints, Records
from scenarios.ids import DEPTHS
from scenarios.schema.scenario import Scenario
from sim.distributions import on_clock, pick, times
from sim.traffic.drawn import Draws, draw_attributes, keep_consignments
from sim.traffic.lodging import lodge
from sim.traffic.selection import draw_depths, draw_selection
from sim.traffic.tables import Traffic


def traffic_of_records(records: Records, scenario: Scenario, seed: int = 1,
                       replication: int = 0) -> Traffic:
    """The consignments of the records with their containers, in their order, all of them kept.

    The cohort is what can act within [since, until); the run may go on for the scenario's drain.
    """
    draw = Draws(seed, replication)
    n = len(records.first)
    arrival = arrival_of(records)
    codes, values = draw_attributes(scenario, draw, n)
    for name in codes.keys() & records.attributes.keys():
        codes[name] = _known_codes(records, name, values[name], codes[name])
    discharged = np.maximum(on_clock(records.of_consignments("discharged")), arrival)
    drawn = on_clock(arrival + times(scenario.traffic.discharge, draw("discharge", n)))
    begun = _begun(records)
    discharged = np.where(np.isnan(discharged), drawn, discharged)
    lodged = np.maximum(on_clock(records.of_consignments("lodged")), 0.0)
    blank = np.isnan(lodged)
    if blank.any():
        drawn = lodge(scenario, draw, arrival, discharged, records.start)
        # Papers were lodged before anything was done with them; where nothing was, not yet.
        drawn = np.where(np.isnan(begun), np.maximum(drawn, on_clock(records.until)),
                         np.maximum(np.fmin(drawn, begun), 0.0))
        lodged[blank] = drawn[blank]
    traffic = Traffic(records.start, records.since, records.until,
                      on_clock(records.until + scenario.run.drain).item(), arrival, discharged,
                      lodged, codes, values, {}, records.consignment.astype(np.int64),
                      records.size.astype(np.int64), np.zeros(len(records), bool), {}, {},
                      records.container.tolist(), records.declaration.tolist())
    _fill_boxes(scenario, draw, records, traffic)
    return traffic


def only_selected(traffic: Traffic) -> Traffic:
    """Without the consignments that no agency selected, and without their containers."""
    kept = np.any(list(traffic.selected.values()), axis=0)
    boxes = kept[traffic.owner]
    result = keep_consignments(traffic, kept)
    names = np.array(traffic.container_id), np.array(traffic.declaration)
    return replace(
        result, owner=(np.cumsum(kept) - 1)[traffic.owner[boxes]], size=traffic.size[boxes],
        reefer=traffic.reefer[boxes], examined={k: v[boxes] for k, v in traffic.examined.items()},
        depth={k: v[boxes] for k, v in traffic.depth.items()},
        container_id=names[0][boxes].tolist() if len(names[0]) else [],
        declaration=names[1][kept].tolist() if len(names[1]) else [])


def arrival_of(records: Records) -> Floats:
    """float64[n]: the vessel's arrival; where it is not known, the first thing that is."""
    arrival = records.of_consignments("arrival")
    for stamp in ("discharged", "lodged", *records.seconds):
        if not np.isnan(arrival).any():
            break
        arrival = np.where(np.isnan(arrival), records.of_consignments(stamp), arrival)
    return on_clock(np.nan_to_num(arrival, nan=records.since))


def _begun(records: Records) -> Floats:
    """float64[n]: the first that is known to have been done after lodging, NaN if nothing is."""
    stamps = [name for name in records.seconds if name not in ("arrival", "discharged", "lodged")]
    known = [records.of_consignments(name) for name in stamps]
    return on_clock(np.fmin.reduce(known)) if known else np.full(len(records.first), np.nan)


def _known_codes(records: Records, name: str, values: list[str], drawn: Ints) -> Ints:
    """The records' values as codes of the scenario's, the drawn ones where they have none."""
    code = np.array([values.index(text) if text in values else -1
                     for text in records.values[name]] + [-1])
    known = code[records.attribute(name)]
    return np.where(known >= 0, known, drawn)


def _fill_boxes(scenario: Scenario, draw: Draws, records: Records, traffic: Traffic) -> None:
    """Sizes, selections and depths of the containers; what the records leave blank is drawn."""
    total = len(traffic.owner)
    sizes = np.array([int(size) for size in scenario.traffic.sizes])
    drawn = sizes[pick(scenario.traffic.sizes, draw("size", total))]
    traffic.size = np.where(traffic.size > 0, traffic.size, drawn)
    traffic.reefer = draw("reefer", total) < scenario.traffic.reefer
    traffic.selected = draw_selection(scenario, draw, traffic)
    known = [agency for agency in scenario.agencies if agency in records.selected]
    for agency in known:
        flags = records.selected_consignments(agency)
        traffic.selected[agency] = np.where(flags >= 0, flags == 1, traffic.selected[agency])
    draw_depths(scenario, draw, traffic)
    for agency in known:
        flags = records.selected[agency]
        examined = np.where(flags >= 0, flags == 1, traffic.examined[agency])
        examined &= traffic.selected[agency][traffic.owner]
        depth = records.depth[agency].astype(np.int64)
        codes = np.array([DEPTHS.index(name) for name in scenario.agencies[agency].depths])
        some = codes[pick(scenario.agencies[agency].depths, draw(f"depth.{agency}", total))]
        traffic.examined[agency] = examined
        traffic.depth[agency] = np.where(examined, np.where(depth >= 0, depth, some), -1)
