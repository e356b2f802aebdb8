"""Run one module of training as a program, with the command line's words and codes for foreseen errors.

    python -P -m serving.training_run training.evaluate --export FOLDER --file FILE

Serving does not import training; the name comes as an argument, and this is a process of its own.
"""

from __future__ import annotations

import runpy
import sys
import traceback

from serving.faults import Code, end, foreseen


def main() -> int:
    """Run the module named by the first argument; give the exit code."""
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except BrokenPipeError:
        return Code.BROKEN_PIPE
    except (Exception, KeyboardInterrupt) as error:
        if foreseen(error):
            return end(error)
        traceback.print_exc()  # whoever trains needs to see where
        return Code.INTERNAL
    return Code.OK


if __name__ == "__main__":
    sys.exit(main())
