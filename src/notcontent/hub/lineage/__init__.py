"""Channels at the hub: one lineage book in the data folder, beside the hub's database and never joined with it."""
