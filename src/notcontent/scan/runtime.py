"""The one place that imports Daft: with its telemetry, its bars and its chatter off, before the import reads them.

Everything else takes `daft` from here. tests/scan/test_privacy.py holds that no connection leaves a scan of a folder.
"""

import os
from typing import Any

from notcontent.errors import ClusterError

SILENCE = {
    "DAFT_ANALYTICS_ENABLED": "0",
    "DO_NOT_TRACK": "true",
    "DAFT_PROGRESS_BAR": "0",
    "DAFT_SHOW_QUERY_ID": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}
"""Set over whatever stood there. Ray's own are read when Ray is imported, which only `use_cluster` does."""

_LOUD = ("DAFT_DASHBOARD_URL", "DAFT_EVENT_LOG_DIR", "DAFT_DEV_OTEL_EXPORTER_OTLP_ENDPOINT")
"""Would send or write down what a query looks like, sources' names among it."""

os.environ.update(SILENCE)
for _name in _LOUD:
    os.environ.pop(_name, None)

import daft  # noqa: E402

__all__ = ["daft", "use_cluster", "use_threads"]


def use_threads(count: int) -> None:
    """Run queries in this process on so many threads. A process keeps the runner it chose first."""
    runner = daft.get_or_infer_runner_type()
    if runner == "native":
        daft.set_runner_native(num_threads=count)
    else:
        raise ClusterError("This process runs on a cluster already.")


def use_cluster(address: str) -> Any:  # noqa: ANN401 - Ray's module, which has no types
    """Connect to a Ray cluster and run queries there; give Ray's module. Raises ClusterError when none answers."""
    import ray  # noqa: PLC0415 - only where it is installed, and after the silence

    try:
        ray.init(address=address, log_to_driver=False, logging_level="error", namespace="notcontent")
        daft.set_runner_ray(noop_if_initialized=True)
    except Exception as error:  # ConnectionError, ValueError, RuntimeError, and Ray's own
        raise ClusterError from error
    return ray
