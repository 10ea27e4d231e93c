"""notcontent: from a picture on a person's device to a blocked upload, self-hosted."""

__version__ = "0.1.0"
