"""The NGO's side. Start with flows.py: it tells the stories that cross the rooms."""
