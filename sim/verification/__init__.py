"""The engines against theory and against cases walked by hand: what `onestop verify` runs.

checks        what a check is, how a sample is judged
traffic       Poisson streams and their controls
queues, networks, calendars, ten_boxes, identity    the checks
suite         all of them in order, and `verify`
"""
