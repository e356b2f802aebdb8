"""The figures of drift for a person and for a program."""
