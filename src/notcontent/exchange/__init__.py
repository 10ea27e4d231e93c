"""bank -> feed -> gate: what is said on the wire, signed, and how a client follows it. Start with wire.py."""
