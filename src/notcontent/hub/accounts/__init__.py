"""Members (organisations that run a gate), their keys, and the hub's operators."""
