"""Thresholds from a wish: a promise about what is caught, kept in a new Export."""
