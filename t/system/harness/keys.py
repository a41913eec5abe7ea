"""Lookup keys as they come, and as they should never come: generated from a seed, so that what
failed once can be asked again."""
import os
import random

SEED = int(os.environ.get("VMAPD_TEST_SEED") or random.SystemRandom().randrange(10 ** 9))

# Longer than any address can be; a line of SMTP has at most 2048 bytes.
LONG = 5000
VERY_LONG = 60000

EMPTY_PARTS = [b"", b"@", b"@@", b"a@", b"@a", b"a@@b", b"@@b", b"a@b@", b"+", b"+@example.com",
               b"+x@example.com", b"john+@example.com", b".", b"..", b"a@.", b"a@..", b"a@b.",
               b"a@.b", b"a@b..c", b"a@b...c.", b"@.com", b"@..", b'""@example.com', b" ",
               b" @example.com", b"john@ example.com", b"john @example.com", b"john@example.com ",
               b" john@example.com", b"\tjohn@example.com", b"john@example.com\r", b"0", b"1", b"-1",
               b"1e0", b"0x31", b"NULL", b"null", b"TRUE", b"''", b"*", b"?", b":1", b"$1", b"@x",
               b"@@version", b"@@global.x"]

SQL = [b"'", b'"', b"`", b"\\", b"\\'", b'\\"', b"\\\\", b"''", b'""', b"--", b"-- ", b"--\t", b"#",
       b"/*", b"*/", b"/*!50000 ", b"/**/", b";", b"; ", b"%", b"%%", b"%s", b"%u", b"%d", b"%1", b"_",
       b"(", b")", b"=", b",", b".", b"@", b"||", b"&&", b"|", b"^", b"~", b"{", b"}", b"[", b"]", b"<",
       b">", b"?", b"!", b"$", b"0x27", b"x'27'", b"\x1a", b"\r", b"\t", b"\x08", b"\x0b", b"\x7f",
       b"\x01", b" OR ", b"1=1", b"' OR '1'='1", b'" OR ""="', b"') OR ('1'='1", b" UNION SELECT ",
       b"' UNION SELECT song FROM canary.bird -- ", b"'; DELETE FROM canary.bird; -- ",
       b"\\'; DROP TABLE canary.bird; -- ", b"\"; DELETE FROM canary.bird; #", b"SLEEP(9)",
       b"'||SLEEP(9)||'", b"' AND SLEEP(9) -- ", b"@d", b"N'", b"_utf8'", b"_latin1\\'", b"\\N", b"\\0",
       b"\\n", b"\\Z", b"\\%", b"\\_", b"%'", b"CHAR(39)"]

# Bytes that are no UTF-8, among them ones that other encodings read as quotes or backslashes.
NOT_UTF8 = [b"\xbf'", b"\xbf\\'", b"\x81'", b"\x95\\", b"\xc0\xa7", b"\xe0\x80\xa7", b"\xf0\x80\x80\xa7",
            b"\xc0\x80", b"\xff", b"\xfe", b"\x80", b"\xbf", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98",
            b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xc3'",
            b"\xe2\x82'", b"\xa7", b"\xe4", b"\xfc"]

# Letters whose folding is not simple, signs that look like quotes, marks, and unassigned places.
LETTERS = ("\u00c4\u00d6\u00dc\u00e4\u00f6\u00fc\u00df\u1e9e\u017f\u212a\u00c5\u212b\u00cf\u0130\u0131\u00e7"
           "\u0152\u0160\u017d\u0178\u00de\u00d0\u00d1\u00c6\u00d8\u0391\u03a3\u03c3\u03c2\u0386\u03d0\u03f4"
           "\u1fb3\u1fbc\u0390\u1fe3\u02bcn\u01f0\u1e96\u1e9a\ufb00\ufb01\ufb05\u0406\u044e\u0401\u0531\u0587"
           "\ufb13\u2160\u24b6\U00010400\U00010428\U0001d400\uab70\u13f0\u1c80\u1c90\u10d0\u01c5\u0345"
           "\u4e2d\u6587\u65e5\ud55c\u05e2\u0639\u0939"
           # apostrophes, quotes, backslashes, percent signs, at signs, dots, comment signs
           "\uff07\u2018\u2019\u02bc\u2032\uff02\u201c\u201e\u201a\uff40\uff3c\ufe68\u2216\uff05\u2044"
           "\uff20\ufe6b\u2024\u3002\uff0e\uff03\uff1b\u2212\u2013"
           # blanks, marks, what cannot be seen, what is no character
           "\u00a0\u00ad\u0300\u0301\u034f\u061c\u180e\u200b\u200d\u200e\u2028\u202e\u2060\ufeff\ufffd"
           "\ufffe\uffff\ue000\U000e0001\U000e0100\U0010ffff\U0001f600\U0001f468\u0080\u009f")


class Keys:
    """A source of keys. Two of the same name and seed give the same keys."""

    def __init__(self, name, known):
        """known: keys that are in the tables, so that not all is "not found"."""
        self._random = random.Random(f"{SEED} {name}")
        self._known = known
        self._domains = sorted({key.rpartition(b"@")[2] for key in known if b"@" in key})
        self._kinds = [(34, self._known_key), (14, self._varied), (10, self._parts), (16, self._sql),
                       (8, self._sql_in_known), (8, self._letters), (6, self._not_utf8),
                       (4, self._empty_parts), (4, self._random_bytes), (2, self._long)]

    def take(self, count):
        """That many keys without NUL or newline, as postmap reads them from its standard input."""
        makers = self._random.choices([maker for _, maker in self._kinds],
                                      [weight for weight, _ in self._kinds], k=count)
        keys = [maker().replace(b"\0", b"").replace(b"\n", b"") for maker in makers]
        if count > 500:
            letters = self._letters()
            keys[self._random.randrange(count)] = letters * (VERY_LONG // len(letters))
        return keys

    def take_any(self, count):
        """As take(), but some have newlines and other control characters."""
        return [self._insert(key, self._pick([b"\n", b"\r\n", b"\n-- ", b"\x1a", b"\x01"]))
                for key in self.take(count)]

    def take_hostile(self, count):
        """Keys of the kinds that would rather be SQL, of any bytes: NUL and newline, too."""
        makers = [self._sql, self._sql, self._sql_in_known, self._letters, self._not_utf8,
                  self._random_bytes, lambda: self._insert(self._sql(), b"\0"),
                  lambda: self._insert(self._sql(), b"\n"), lambda: self._sql() + b"\\"]
        return [self._pick(makers)() for _ in range(count)]

    def below(self, limit):
        return self._random.randrange(limit)

    def _pick(self, choices):
        return self._random.choice(choices)

    def _insert(self, key, text):
        at = self._random.randint(0, len(key))
        return key[:at] + text + key[at:]

    def _known_key(self):
        return self._pick(self._known)

    def _varied(self):
        """A known address, written otherwise or nearly so."""
        key = self._known_key()
        localpart, at, domain = key.rpartition(b"@")
        extension = self._pick([b"+x", b"+", b"++", b"+a+b", b"-x", b"+X y", b"=x", b"+\xc3\xa4", b"+'"])
        return self._pick([
            lambda: key.decode().upper().encode(),
            lambda: key.decode().title().encode(),
            lambda: key.decode().swapcase().encode(),
            lambda: localpart + extension + at + domain,
            lambda: localpart.upper() + extension.upper() + at + domain.upper(),
            lambda: b'"' + localpart + b'"' + at + domain,
            lambda: localpart + at + self._pick(self._domains),
            lambda: b"tmp." + key,
            lambda: key + self._pick([b".", b" ", b"@", b"@example.com", b"%", b"\\", b"'", b"x"]),
            lambda: self._pick([b" ", b"@", b".", b"x", b"'", b"%"]) + key,
            lambda: localpart + at + b"sub." + domain,
            lambda: key.replace(b"@", b"%"),
            lambda: key.replace(b".", b"_"),
            lambda: key[:self._random.randint(0, len(key))],
        ])()

    def _parts(self):
        localpart = self._known_key().rpartition(b"@")[0]
        domain = self._pick(self._domains)
        return self._pick([localpart, domain, domain, b"@" + domain, b"." + domain,
                           b"sub." + domain, domain.upper(), domain.rpartition(b".")[2],
                           b"who@" + domain, b"who+ever@" + domain])

    def _sql(self):
        return b"".join(self._pick(SQL + [b"x", b"a@b.c", b"@example.com"])
                        for _ in range(self._random.randint(1, 7)))

    def _sql_in_known(self):
        return self._insert(self._known_key(), self._pick(SQL))

    def _letters(self):
        text = "".join(self._pick(LETTERS) if self._random.random() < 0.7 else self._character()
                       for _ in range(self._random.randint(1, 12)))
        return (text + self._pick(["", "@example.com", "@bücher.example", "@" + text])).encode()

    def _character(self):
        """Any but ASCII ones and surrogates, half of them in the first planes of scripts."""
        return chr(self._random.randrange(*self._pick([(0x80, 0x800), (0x800, 0xd800),
                                                       (0xe000, 0x110000)])))

    def _not_utf8(self):
        return self._insert(self._pick([self._known_key, self._sql, self._letters])(),
                            self._pick(NOT_UTF8))

    def _empty_parts(self):
        return self._pick(EMPTY_PARTS)

    def _random_bytes(self):
        top = self._pick([0x7f, 0x100])
        return bytes(self._random.randrange(1, top) for _ in range(self._random.randint(1, 40)))

    def _long(self):
        part = self._pick([b"a", b"'", b"\\", b'"', b"\\'", b"%", b"a.", b"\xc3\xa4", b"\xe2\x80\x99",
                           b"@", b"sub.", b" "])
        key = part * (self._random.randint(200, LONG) // len(part))
        return self._pick([key, key + b"@example.com", b"john@" + key])
