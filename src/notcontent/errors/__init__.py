"""Every deliberate error, with its stable code: one tree, a file for each room's.

The code is API: it is what the wire, the shell and the pages show, and it never changes its meaning.
Messages carry no data: no hash, no case code, no path, no address. Rooms raise these and subclass them
nowhere else; only the edges (a door, a view, a verb of the command line) catch them.

`base` holds the root, `doors` and `machine` what several rooms raise; the other files are a room's each, and none
builds on another room's. All names are had from here: `from notcontent.errors import ConfigError`.
"""

from notcontent.errors.base import *
from notcontent.errors.cli import *
from notcontent.errors.doors import *
from notcontent.errors.exchange import *
from notcontent.errors.hub import *
from notcontent.errors.lineage import *
from notcontent.errors.machine import *
from notcontent.errors.matching import *
from notcontent.errors.scan import *
from notcontent.errors.signals import *
