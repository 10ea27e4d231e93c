"""What people lawfully saw -> observations: exports, saved pages, lists, links. Each reads in bounded memory."""
