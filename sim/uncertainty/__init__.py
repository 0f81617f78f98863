"""How sure a comparison is: luck, what a log leaves open, what only a reform would show."""
