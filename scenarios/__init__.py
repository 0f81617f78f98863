"""Scenario files: loading, checking, overlays, the shipped library, and what all commands share."""
