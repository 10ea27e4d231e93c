"""The person's face: opening a case, coming back to it, taking it back. No tables of its own."""
