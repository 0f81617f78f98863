"""The sections of a report, a module each, in the order of the page."""
