"""Fits: from a port's own log to a scenario file with its uncertainty. Draws no figure."""
