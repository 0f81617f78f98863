"""Measurements of speed, each against something that it must be compared with."""
