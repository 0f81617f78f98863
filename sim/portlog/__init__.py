"""A port's own log, read into a trace with an account of every row."""
