"""The platform's side: holds a member's copy of the bank and advises on uploads. No Django here.

Life of a request: http (door) -> decoders (bytes to looks, in processes that may die) -> snapshot (the bank in
shared memory) -> screening (pure verdict) -> actions (what the platform is told to do).
Life of an entry: syncer (fetch, verify) -> store (gate.db, the truth) -> segments (shared memory) -> snapshot.
"""
