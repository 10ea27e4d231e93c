"""Who did what, in a chain of hashes: a record that is altered, taken out or put in later is seen."""
