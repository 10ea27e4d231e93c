"""Channels -> families: what people lawfully saw of channels, and which of them continue which.

Readers turn exports, saved pages and lists into posts and facts; the book keeps them by source; inference gives
families with reasons and probabilities; drawing and exports show them. Pure: no network, no Django. No picture in it,
no name and no address of a person: what points to people is a keyed digest from the door on.
"""
