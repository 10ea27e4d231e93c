"""Cases: one person's request, found by a code that is kept nowhere, and its numbered items."""
