"""The price of recognition: time saved and irregularities missed, as more results are accepted.

Two curves over the share of results that customs accepts (the rest is refused: a second visit):
the shipped rules, and a rule for all goods, which is what a port would ask about next. All points
share the traffic; the intervals are of paired differences to the same port without recognition,
where both agencies examine jointly.

    python -m benchmarks.recognition [--replications N] [--figure FILE.svg]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from scenarios.load import Loaded, load
from sim.study import compare

ACCEPTED = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
FIGURE = Path(__file__).parent.parent / "docs" / "recognition.svg"
ALL_GOODS = ("recognition=[{name: all-goods, by: customs, of: quarantine, "
             "elements: [name, quantity, weight], accepted: 1.0, in_part: 0.0, refused: 0.0, "
             "check: 20 min}]")
CURVES = {"the shipped rules": ((), 2), "a rule for all goods": ((ALL_GOODS,), 1)}
MEASURES = (
    ("time.clearance.joint.mean", "clearance, joint, h"),
    ("control.customs.missed.per_1000", "customs' missed, per 1,000 boxes"),
    ("control.recognition.missed.per_1000", "of it for recognition"),
)
Point = dict[str, tuple[float, float, float]]


PRIMARY = "study.primary=[{measure: time.clearance.joint.mean}]"


def scenario(sets: tuple[str, ...], rules: int, accepted: float) -> Loaded:
    """The port under one-stop with recognition, accepting this share."""
    shares = [f"recognition.{i}.{key}={value:.1f}" for i in range(rules)
              for key, value in (("accepted", accepted), ("refused", 1.0 - accepted))]
    return load("one-stop-recognition",
                sets=[f"name=accept-{100 * accepted:.0f}", PRIMARY, *sets, *shares])


def curve(sets: tuple[str, ...], rules: int, replications: int) -> list[Point]:
    """For each share: measure -> its change against one-stop without recognition, low and high."""
    scenarios = [scenario(sets, rules, accepted) for accepted in ACCEPTED]
    baseline = load("one-stop", sets=[PRIMARY, *sets])
    with tempfile.TemporaryDirectory() as scratch:
        summary = compare([baseline, *scenarios], Path(scratch) / "curve", events="none",
                          replications=replications, area=False).summary
    points: list[Point] = []
    for one in scenarios:
        changes: dict[str, Any] = summary["differences"][one.name]
        points.append({measure: tuple(changes[measure][key] for key in (
            "difference", "low", "high")) for measure, _ in MEASURES})
    return points


def curves(replications: int) -> dict[str, list[Point]]:
    """Both curves."""
    return {name: curve(*about, replications) for name, about in CURVES.items()}


def table(found: dict[str, list[Point]]) -> str:
    """The curves as text."""
    head = f"{'accepted':>10}" + "".join(f"{label:>36}" for _, label in MEASURES)
    lines = []
    for name, points in found.items():
        lines += [f"{name}, change against one-stop without recognition", head]
        for accepted, point in zip(ACCEPTED, points, strict=True):
            cells = [f"{d:+.2f} [{low:+.2f}, {high:+.2f}]" for d, low, high in point.values()]
            lines.append(f"{100 * accepted:8.0f} %" + "".join(f"{cell:>36}" for cell in cells))
        lines.append("")
    return "\n".join(lines).rstrip()


def draw(found: dict[str, list[Point]], path: Path) -> None:
    """Two panels: time and missed irregularities over the share accepted, with intervals."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "onestop", "svg.fonttype": "path"}):
        figure = Figure(figsize=(9, 3.8), layout="constrained")
        for axes, (measure, label) in zip(figure.subplots(1, 2), MEASURES[:2], strict=True):
            for (name, points), marker, line in zip(found.items(), "os", ("-", "--"), strict=True):
                share = [100 * accepted for accepted in ACCEPTED]
                middle, low, high = zip(*(point[measure] for point in points), strict=True)
                axes.fill_between(share, low, high, alpha=0.2)
                axes.plot(share, middle, marker=marker, linestyle=line, label=name)
            axes.axhline(0, color="0.6", linewidth=0.8)
            axes.set_xlabel("results accepted, %")
            axes.set_title(f"change of {label}", fontsize=10)
        axes.legend(frameon=False)
        figure.savefig(path, metadata={"Date": None})


def markdown(replications: int = 20) -> str:
    """The section of docs/verification.md; draws the figure beside it."""
    found = curves(replications)
    draw(found, FIGURE)
    return f"""## The price of recognition

`xiamen-2015` under one-stop with recognition, {replications} replications, seed 1: customs accepts
a share of quarantine's results and refuses the others, which costs a second visit. Changes against
one-stop without recognition (both examine jointly), paired on common random numbers, with 95 %
intervals. How often anything is irregular, and how often it is found, is assumed.

```
{table(found)}
```

![Time and missed irregularities over the share accepted](recognition.svg)

`python -m benchmarks.recognition`
"""


def main(arguments: list[str] | None = None) -> int:
    """Prints the curves and draws them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--figure", type=Path)
    options = parser.parse_args(arguments)
    found = curves(options.replications)
    print(table(found))
    if options.figure:
        draw(found, options.figure)
    return 0


if __name__ == "__main__":
    sys.exit(main())
