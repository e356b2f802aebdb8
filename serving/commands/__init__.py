"""Commands of `petition`, one file per family. What they run is loaded when it runs: help is quick."""
