"""The web server as a process: `python -P -m notcontent.hub.web`, started by the supervisor (serve.py).

It is gunicorn, but for one thing: gunicorn puts the folder that it stands in, and then the data folder, before all
else that Python imports. A file `json.py` that somebody left there would be run.
"""

import os
import sys

from gunicorn.app.wsgiapp import WSGIApplication

SETTINGS = "python:notcontent.hub.gunicorn_conf"
DOOR = "notcontent.hub.wsgi:application"


class Web(WSGIApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own application, which imports nothing from where it stands."""

    def chdir(self) -> None:
        """Go to the folder that the settings name, and leave `sys.path` alone."""
        os.chdir(self.cfg.chdir)


if __name__ == "__main__":
    sys.argv[1:] = ["--config", SETTINGS, DOOR]
    Web(prog="gunicorn").run()
