"""The one place that imports Daft: with its telemetry, its bars and its chatter off, before the import reads them.

Everything else takes `daft` from here. tests/scan/test_privacy.py holds that no connection leaves a scan of a folder.
"""

import logging
import os
import socket
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

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
"""For a cluster's workers, as the command line does here: read when NumPy is loaded."""

_LOUD = ("DAFT_DASHBOARD_URL", "DAFT_EVENT_LOG_DIR", "DAFT_DEV_OTEL_EXPORTER_OTLP_ENDPOINT")
"""Would send or write down what a query looks like, sources' names among it."""

os.environ.update(SILENCE)
for _name in _LOUD:
    os.environ.pop(_name, None)

import daft  # noqa: E402

NAMESPACE = "notcontent"
_KNOCK_S = 5.0

__all__ = ["NAMESPACE", "daft", "use_cluster", "use_threads"]


_chosen: list[str] = []
"""Daft takes one runner a process, once."""


def use_threads(count: int) -> None:
    """Run queries in this process on so many threads; the first call decides for good.

    Raises ClusterError when the process runs its queries on a cluster already.
    """
    if not _chosen:
        daft.set_runner_native(num_threads=count)
        _chosen.append("")
    elif _chosen != [""]:
        raise ClusterError("This process runs on a cluster already.")


def use_cluster(address: str) -> Any:  # noqa: ANN401 - Ray's module, which has no types
    """Connect to a Ray cluster and run queries there; give Ray's module. Raises ClusterError when none answers."""
    import ray  # noqa: PLC0415 - only where it is installed, and after the silence

    if _chosen and _chosen != [address]:
        raise ClusterError("This process runs its queries elsewhere already.")
    _knock(address)
    try:
        if not ray.is_initialized():
            ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                namespace=NAMESPACE,
                runtime_env={"env_vars": SILENCE | ONE_THREAD},
            )
        if not _chosen:
            daft.set_runner_ray(noop_if_initialized=True)
            _chosen.append(address)
    except Exception as error:  # ConnectionError, ValueError, RuntimeError, and Ray's own
        raise ClusterError from error
    return ray


def _knock(address: str) -> None:
    """See whether anything listens at host:port: Ray itself would go on trying for ever."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdecimal():
        return  # "auto", "local": Ray looks for itself
    try:
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK_S).close()
    except (OSError, OverflowError) as error:
        raise ClusterError from error
