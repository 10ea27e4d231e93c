"""The feed: what each member is sent, in which order, and what the hub commits to having sent."""
