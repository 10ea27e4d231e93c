"""The bank: one sealed entry for each signal of an item."""
