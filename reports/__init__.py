"""Tables, figures and pages made from stored results alone: never simulates, never measures."""
