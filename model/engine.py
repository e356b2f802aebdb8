"""The inference engine: one ONNX graph, windows in, attention scores and values out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.cores import usable_cores


class Engine:
    """A loaded ONNX graph on CPU; `run` may be called from several threads."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        """Load the graph with so many threads; 0: one per core that this process may use."""
        onnxruntime = load_runtime()
        options = onnxruntime.SessionOptions()
        self.threads = threads or usable_cores()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        # A pool that spins burns a core between batches, which a server beside other services pays for.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # A pattern plans the memory of one shape of batch, and hardly two batches have one shape: the plans
        # pile up, and no batch is read quicker for them.
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self.name = f"onnxruntime {onnxruntime.__version__}"

    def run(
        self, ids: NDArray[np.int64], mask: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Token ids and mask [windows, length] to scores and values, each [windows, length, labels]."""
        scores, values = self._session.run(["scores", "values"], {"ids": ids, "mask": mask})
        return scores, values


def load_runtime() -> Any:
    """onnxruntime, which must be imported here and nowhere else.

    Since 1.29 its Linux builds keep a device id and a database under the home and report to their maker. This
    variable alone turns all of that off, and only where it is set before the first import.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    return onnxruntime
