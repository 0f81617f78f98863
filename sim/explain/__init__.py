"""Why a reform does what it does: lever by lever, queues apart, and how much rests on assumptions.
"""
