"""The members' face: the feed over HTTP. No tables, no sessions, no cookies."""
