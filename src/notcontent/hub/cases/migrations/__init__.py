"""What the tables went through."""
