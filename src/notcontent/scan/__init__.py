"""Archives: everything that a platform stores already, screened against a bank file or a running gate.

sources -> plan (numbered batches) -> read, decode, hash, match (Daft: threads here, or a Ray cluster) -> Parquet

- `pipeline.run` is the whole of it; `notcontent scan` calls it.
- `join` matches hashes that were computed before, in bulk, and needs neither Daft nor a plan.

No Django, no gate: a gate is asked over HTTP as any caller does.
"""
