"""The operators' face: sign in, see cases by alias, members, their keys and the audit trail. No tables."""
