"""The process of inspection as data: its tree of activities, and the plan that engines run."""
