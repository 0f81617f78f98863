"""Traffic: what arrives, when, with which goods, selected by whom; drawn or read from a log."""

from sim.traffic.tables import Traffic, traffic_of

__all__ = ["Traffic", "traffic_of"]
