"""Wallets, cards, accounts and payment pages in a text: what stays when a channel comes back under another name.

Each is proved by its own checksum where it has one, so that a serial number is not taken for a card. One form for each,
however it is written: a wallet of TON with or without its bounce flag, a card with or without spaces.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE58_VALUE = {sign: value for value, sign in enumerate(_BASE58)}
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_VALUE = {sign: value for value, sign in enumerate(_BECH32)}
_BECH32_SUMS = (1, 0x2BC830A3)  # bech32 and bech32m
_COINS = {
    0x00: "bitcoin",
    0x05: "bitcoin",
    0x1E: "dogecoin",
    0x30: "litecoin",
    0x32: "litecoin",
    0x41: "tron",
    0x4C: "dash",
}

_EDGE, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_LONG = re.compile(r"[A-Za-z0-9_+/:-]{26}")
_LONG_LEAST = 26
_DIGITS = re.compile(r"[0-9]{4}|[A-Z]{2}[0-9]{2} ?[A-Z]")
_DIGIT = re.compile(r"[0-9]")
"""Most texts hold nothing of this length, and are spared the rest."""
_TOKEN = re.compile(_EDGE + r"[1-9A-HJ-NP-Za-km-z]{26,35}" + _END)
_SEGWIT = re.compile(_EDGE + r"((?:bc|ltc)1[02-9ac-hj-np-z]{11,87})" + _END, re.IGNORECASE | re.ASCII)
_ETHEREUM = re.compile(_EDGE + r"0[xX]([0-9a-fA-F]{40})" + _END)
_MONERO = re.compile(_EDGE + r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}" + _END)
_TON = re.compile(r"(?<![A-Za-z0-9_+/-])[EUk0][Qf][A-Za-z0-9_+/-]{46}(?![A-Za-z0-9_-])")
_TON_RAW = re.compile(_EDGE + r"(0|-1):([0-9a-fA-F]{64})" + _END)
_CARD = re.compile(
    r"(?<![0-9])(?<![0-9][ -])(?:[2-6][0-9]{3}([ -]?)[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?"
    r"|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5})(?![0-9])"
)
_IBAN = re.compile(_EDGE + r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + _END)
_PAGE = re.compile(
    r"(?<![A-Za-z0-9.-])(?:www\.)?("
    r"paypal\.me|paypal\.com/paypalme|ko-fi\.com|patreon\.com|boosty\.to|buymeacoffee\.com|donationalerts\.com/r"
    r"|cash\.app|venmo\.com|onlyfans\.com|fansly\.com|fanvue\.com|subscribestar\.(?:com|adult)|liberapay\.com"
    r"|revolut\.me|wise\.com/pay/me|yoomoney\.ru/to|qiwi\.com/n|send\.monobank\.ua/jar|donatello\.to|donate\.stream"
    r"|streamlabs\.com|throne\.com|payhip\.com/b|cloudtips\.ru/p|pay\.cloudtips\.ru/p|trakteer\.id|saweria\.co"
    r")/([A-Za-z0-9$@_.-]{2,64})",
    re.IGNORECASE | re.ASCII,
)


def may_pay(text: str) -> bool:
    """Tell, quickly, whether there is anything to look for in a text: most hold nothing."""
    if "/" in text or _DIGIT.search(text):
        return True
    return len(text) >= _LONG_LEAST and len(max(text.split(), key=len, default="")) >= _LONG_LEAST


def payments_in(text: str) -> Iterator[tuple[str, str]]:
    """Give (sort, value) for each, in one form. `text` is normalised (NFKC), its digits 0 to 9."""
    if _LONG.search(text):
        yield from _wallets(text)
    if "/" in text:
        for found in _PAGE.finditer(text):
            yield "page", f"{found[1].lower()}/{found[2].rstrip('.-').lower()}"
    if _DIGITS.search(text):
        yield from _accounts(text)


def _accounts(text: str) -> Iterator[tuple[str, str]]:
    for found in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", found[0])
        if _luhn(digits) and len(set(digits)) > 1:
            yield "card", digits
    for found in _IBAN.finditer(text):
        if account := _iban(found[0]):
            yield "iban", account


def _wallets(text: str) -> Iterator[tuple[str, str]]:
    for found in _TOKEN.finditer(text):
        if coin := _base58_coin(found[0]):
            yield coin, found[0]
    for found in _SEGWIT.finditer(text):
        if _bech32(found[1]):
            yield "bitcoin" if found[1][0] in "bB" else "litecoin", found[1].lower()
    for found in _ETHEREUM.finditer(text):
        yield "ethereum", found[1].lower()
    for found in _MONERO.finditer(text):
        yield "monero", found[0]
    for found in _TON.finditer(text):
        if account := _ton(found[0]):
            yield "ton", account
    for found in _TON_RAW.finditer(text):
        yield "ton", f"{int(found[1]) & 0xFF:02x}{found[2].lower()}"


def _base58_coin(text: str) -> str | None:
    """Name the coin of a base58check address, or None when its checksum or its version is wrong."""
    number = 0
    for sign in text:
        number = number * 58 + _BASE58_VALUE[sign]
    if number >= 1 << 200:
        return None
    data = number.to_bytes(25, "big")
    zeros = len(text) - len(text.lstrip("1"))
    if len(data) - len(data.lstrip(b"\0")) != zeros:
        return None
    if hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] != data[21:]:
        return None
    return _COINS.get(data[0])


def _bech32(text: str) -> bool:
    """Tell whether a segwit address bears its checksum. Mixed case is none."""
    if text not in (text.lower(), text.upper()):
        return False
    prefix, _, rest = text.lower().partition("1")
    values = [ord(sign) >> 5 for sign in prefix] + [0] + [ord(sign) & 31 for sign in prefix]
    values += [_BECH32_VALUE[sign] for sign in rest]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> bit & 1 else 0
    return check in _BECH32_SUMS


def _ton(text: str) -> str | None:
    """Give workchain and hash of a user-friendly TON address, or None when its checksum is wrong."""
    data = base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_"))
    if binascii.crc_hqx(data[:34], 0) != int.from_bytes(data[34:], "big"):
        return None
    return data[1:34].hex()


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _iban(text: str) -> str | None:
    """Give an account number whose checksum holds; a word behind it may have been taken for its end."""
    groups = text.split(" ")
    while groups:
        account = "".join(groups)
        if len(account) < 15:
            return None
        turned = account[4:] + account[:4]
        if len(account) <= 34 and int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1:
            return account
        groups.pop()
    return None
