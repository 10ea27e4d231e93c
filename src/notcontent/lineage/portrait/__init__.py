"""What all that shows a family has in common: its members with their standing, names made harmless, counts, days."""

from notcontent.lineage.portrait.members import Bond, Member, Portrait, Standing, portray

__all__ = ["Bond", "Member", "Portrait", "Standing", "portray"]
