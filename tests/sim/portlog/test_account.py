"""The account of rows adds up, or is refused."""

from __future__ import annotations

import json

import pytest

from scenarios.errors import OnestopError
from sim.portlog.account import Account, Lost, Rejected

ROW = Rejected(7, "CSQU3054383", "D1", "arrival missing")


def account(**changes):
    whole = {
        "file": "log.csv", "rows": 10, "used": 8, "repeated": 1, "rejected": (ROW,), "teu": 12,
        "declarations": 5, "faults": {"arrival": {"missing": 2}}, "blanks": {"lodged": 3},
        "notes": {"filled from a repeated row": 1}, "lost": {"2015-04-13": Lost(1, 2, 0)},
    }
    return Account(**(whole | changes))


@pytest.mark.parametrize("changes", [
    {"used": 7}, {"repeated": 0}, {"rejected": ()}, {"rows": 11}, {"lost": {}},
])
def test_rows_that_do_not_add_up_are_our_own_fault(changes):
    with pytest.raises(OnestopError, match="do not add up") as caught:
        account(**changes)
    assert caught.value.exit_status == 70


def test_as_dict_is_json():
    data = json.loads(json.dumps(account().as_dict()))
    assert data["used"] + data["repeated"] + data["rejected"] == data["rows"] == 10
    assert data["lost"] == {"2015-04-13": {"boxes": 1, "teu": 2, "unsized": 0}}
    assert data["rejected_rows"][0]["line"] == 7


def test_render_says_it_all():
    text = account().render()
    assert "8 used + 1 repeated + 1 rejected = 10 rows" in text
    for part in ("arrival: missing", "lodged", "filled from a repeated row", "1 box, 2 TEU",
                 "line 7: CSQU3054383: arrival missing"):
        assert part in text


def test_render_of_a_clean_log_is_short():
    clean = account(rows=9, rejected=(), lost={}, faults={}, notes={}, blanks={"lodged": 0})
    assert len(clean.render().splitlines()) == 6


def test_render_names_only_some_rejected_rows():
    many = account(rows=29, rejected=(ROW,) * 20, lost={"unknown": Lost(20, 0, 20)})
    assert "and 17 more" in many.render(most_rejected=3)
    assert "20 boxes, 0 TEU + 20 of unknown size" in many.render()
