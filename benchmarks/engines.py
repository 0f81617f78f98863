"""The engines that are measured. To add one: a module with ``mean(inputs) -> float``, a line here.

A module may also have ``events(inputs) -> int``, and ``prepare(inputs)``, which is not measured
and makes what its ``mean`` takes. Modules import their library at their head, so
they are imported in the process that measures them and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from benchmarks.models import ONE_STOP, SERIAL

BASELINE = "simpy"

ONE_SERVER = (
    "a customer of Ciw holds one server of one node at a time; a slot kept from activity to "
    "activity, a gang and an officer held together and tractors shared by several nodes would "
    "have to be written into its Node class (servers shared by nodes: CiwPython/Ciw, request 121)"
)


@dataclass(frozen=True)
class Engine:
    """An engine.

    title       as the tables name it
    module      where its ``mean`` is
    package     the distribution whose version is shown; without it the engine is missing
    draws       whether it draws its times for itself instead of taking the ones that all are given
    cannot      model -> why the engine does not have it
    """

    title: str
    module: str
    package: str
    draws: bool = False
    cannot: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str | None:
        """The installed version, None if it is not installed."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None


ENGINES = {
    BASELINE: Engine("SimPy, by hand", "benchmarks.simpy_models", "simpy"),
    "reference": Engine("onestop, reference", "benchmarks.reference_models", "onestop"),
    "compiled": Engine("onestop, compiled", "benchmarks.compiled_models", "onestop"),
    "kernel": Engine("onestop, kernel", "benchmarks.kernel_models", "onestop"),
    "ciw": Engine("Ciw", "benchmarks.ciw_models", "ciw",
                  cannot={SERIAL: ONE_SERVER, ONE_STOP: ONE_SERVER}),
    "salabim": Engine("salabim", "benchmarks.salabim_models", "salabim"),
    "nagasim": Engine("Naga", "benchmarks.nagasim_models", "nagasim", draws=True),
    "cimba": Engine("cimba", "benchmarks.cimba_models", "cimba", draws=True),
}
"""Name -> engine, in the order of the tables."""
