"""Which posts of which channels a source has given already, in bounded memory."""

_PAGE = 4_096
"""Posts of one channel that share a page of bits, of 512 bytes."""
_MOST_PAGES = 65_536


class NumbersSeen:
    """Remembers posts by their numbers. 50 MB at most: then it forgets, and what comes twice is left to the book."""

    def __init__(self) -> None:
        """Nothing was seen."""
        self._pages: dict[tuple[int, int], bytearray] = {}

    def add(self, channel: int, number: int) -> bool:
        """Take one post's number; False when it was there before."""
        page, place = divmod(number, _PAGE)
        bits = self._pages.get((channel, page))
        if bits is None:
            if len(self._pages) >= _MOST_PAGES:
                self._pages.clear()
            bits = self._pages[channel, page] = bytearray(_PAGE // 8)
        byte, bit = place >> 3, 1 << (place & 7)
        if bits[byte] & bit:
            return False
        bits[byte] |= bit
        return True
