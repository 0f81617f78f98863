"""Random plans: trees, resources and calendars with many ties, as Hypothesis draws them.

All times are small whole or half minutes, so that most things happen at the same minute as others.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from scenarios.errors import InputError
from sim.process.plan import Arrivals, Book, Calendar, Plan, Resource, build_plan
from sim.process.tree import (
    Activity,
    Appointment,
    Await,
    Choice,
    EachContainer,
    Gather,
    Need,
    Parallel,
    Sequence,
)

NAMES = ("a", "b", "c", "d")
"""Resources in their global order: a tree that holds one asks only for later ones."""

def calendars(days: int) -> dict[str, Calendar]:
    """Calendars that end after so many days of 20 minutes."""
    begin = np.arange(days) * 20.0
    return {
        "early": Calendar(begin, begin + 12.0),
        "late": Calendar(begin + 6.0, begin + 20.0, "hand-over", 1.0),
        "overtime": Calendar(begin + 2.0, begin + 14.0, "finish"),
    }


def books(days: int) -> dict[str, Book]:
    """A book of two appointments a day."""
    begin = np.arange(days) * 20.0
    return {"book": Book(begin + 3.0, begin, 2)}


CALENDARS = calendars(3000)


@st.composite
def needs(draw, lowest):
    names = draw(st.lists(st.sampled_from(NAMES[lowest:]), unique=True, min_size=1, max_size=3))
    return [Need(name, draw(st.sampled_from([1, 1, 2, "units"]))) for name in sorted(names)]


@st.composite
def activities(draw, lowest, at_container):
    wanted = draw(needs(lowest)) if lowest < len(NAMES) else []
    cut = draw(st.integers(0, len(wanted)))
    chain = [tuple(wanted)] if draw(st.booleans()) else [tuple(wanted[:cut]), tuple(wanted[cut:])]
    parties = draw(st.lists(st.sampled_from(sorted(CALENDARS)), unique=True, max_size=2))
    return Activity(
        draw(st.sampled_from(["s", "t"])),
        draw(st.sampled_from([None, "each" if at_container else "work", "work"])),
        tuple(group for group in chain if group),
        tuple(reversed(wanted)),
        tuple(parties),
        draw(st.sampled_from([None, None, "early", "overtime"])),
        priority=draw(st.sampled_from([0, 0, 1, "class"])),
    )


@st.composite
def trees(draw, depth=3, lowest=0, at_container=False, may_gather=False):
    """A tree; ``lowest`` = index of the first resource that it may ask for."""

    def below(**changes):
        state = {"lowest": lowest, "at_container": at_container, "may_gather": may_gather}
        return draw(trees(depth=depth - 1, **state | changes))

    def several():
        return tuple(below() for _ in range(draw(st.sampled_from([2, 3, 1, 0]))))

    kinds = ["activity"] * 6 + ["await", "appointment"]
    if depth > 0:
        kinds = ["activity", "sequence", "sequence", "parallel", "parallel", "choice"]
        kinds += ["hold"] if lowest < len(NAMES) else []
        kinds += ["gather"] if may_gather else []
        kinds += [] if at_container else ["each", "each"]
    match draw(st.sampled_from(kinds)):
        case "activity":
            return draw(activities(lowest, at_container))
        case "await":
            return Await("moment")
        case "appointment":
            return Appointment("book", "book")
        case "sequence":
            return Sequence(several())
        case "parallel":
            return Parallel(several())
        case "choice":
            return Choice("way", (below(), below()))
        case "each":
            return EachContainer(below(at_container=True, may_gather=True))
        case "gather":
            return Gather(below(at_container=False, may_gather=False))
        case _:
            index = draw(st.integers(lowest, len(NAMES) - 1))
            need = Need(NAMES[index])
            return Sequence((
                Activity("take", None, ((need,),)),
                below(lowest=index + 1, may_gather=False),
                Activity("give", "work", (), (need,)),
            ))


def whole(low, high, size):
    return st.lists(st.integers(low, high), min_size=size, max_size=size).map(np.array)


@st.composite
def plans(draw, days: int = 3000, everybody: bool = True, with_arrivals: bool = False):
    """A plan, or None where build_plan refuses the tree. everybody: the run waits for all.
    with_arrivals: with its arrivals, and what makes the plan of other arrivals."""
    n = draw(st.integers(2, 9))
    containers = draw(whole(1, 3, n))
    total = int(containers.sum())
    arrivals = Arrivals(
        draw(whole(0, 25, n)) * 1.0,
        containers,
        {"work": draw(whole(0, 9, n)) * 0.5, "way": draw(whole(0, 1, n)),
         "units": draw(whole(0, 2, n)), "class": draw(whole(0, 2, n)),
         "moment": draw(whole(0, 60, n)) * 1.0},
        {"each": draw(whole(0, 9, total)) * 0.5},
    )
    resources = [
        Resource(name, draw(st.integers(2, 4)), draw(st.sampled_from([None, None, *CALENDARS])))
        for name in NAMES
    ]
    cap = draw(st.sampled_from([float("inf"), float("inf"), 30.0]))
    try:
        tree = Sequence((draw(trees()), draw(trees())))
        watch = None if everybody else draw(whole(0, 1, n)) > 0

        def build(some: Arrivals) -> Plan:
            own = watch if some is arrivals else None
            return build_plan(tree, some, resources, calendars(days), books(days), own, cap)

        plan = build(arrivals)
        return (plan, arrivals, build) if with_arrivals else plan
    except InputError:
        return None
