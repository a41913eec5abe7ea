"""The folding of keys (see docs/lookup.md), told independently of vmapd."""
import unicodedata


def folded(key):
    """Bytes; None for what is not UTF-8."""
    try:
        text = key.decode()
    except UnicodeDecodeError:
        return None
    # Characters that are newer than vmapd's tables, or Python's, have to stay as they are.
    return "".join(character.casefold() if unicodedata.category(character) != "Cn" else character
                   for character in text).encode()
