"""Django looks here for the room's template tags."""
