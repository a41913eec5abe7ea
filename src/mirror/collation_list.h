/*
 * collation_list - what each collation makes of ASCII, by vendor and name. A name is one of the character
 * sets, "_", and one of the rest.
 *
 * Found by asking the servers: with every collation that MariaDB 10.11 and 11.8 and MySQL 9.7 have, all
 * strings of one and two printable ASCII characters and 44,000 longer ones were compared with each other.
 * CI: equal exactly when equal but for the case of letters. EXACT: equal exactly when identical. SPLITS:
 * no different letters are equal, but some pairs that differ in case only are not (Turkish i and I,
 * digraphs as one letter). Those in which different characters are equal (Lithuanian i and y, Roman i
 * and j) do not stand here, nor does what was not asked. t/system/test_collations.py asks again.
 *
 * COLLATIONS(which vendors, kind, character sets, rest)
 */
COLLATIONS(BOTH, CI,
           "armscii8 ascii cp1250 cp1251 cp1256 cp1257 cp850 cp852 greek hebrew keybcs2 koi8r "
           "latin1 latin2 macroman ucs2 utf16 utf16le utf32 utf8mb3 utf8mb4",
           "general_ci")
COLLATIONS(BOTH, CI, "dec8 latin1 ucs2 utf16 utf32 utf8mb3 utf8mb4", "swedish_ci")
COLLATIONS(BOTH, CI, "cp1250 ucs2 utf16 utf32 utf8mb3 utf8mb4", "polish_ci")
COLLATIONS(BOTH, CI, "latin1 ucs2 utf16 utf32 utf8mb3 utf8mb4", "german2_ci spanish_ci")
COLLATIONS(BOTH, CI, "latin2 ucs2 utf16 utf32 utf8mb3 utf8mb4", "hungarian_ci")
COLLATIONS(BOTH, CI, "ucs2 utf16 utf32 utf8mb3 utf8mb4",
           "esperanto_ci estonian_ci icelandic_ci latvian_ci persian_ci romanian_ci sinhala_ci "
           "slovenian_ci unicode_520_ci unicode_ci vietnamese_ci")
COLLATIONS(BOTH, CI, "cp932 eucjpms sjis ujis", "japanese_ci")
COLLATIONS(BOTH, CI, "cp1250 latin2", "croatian_ci")
COLLATIONS(BOTH, CI, "ucs2 utf8mb3", "general_mysql500_ci")
COLLATIONS(BOTH, CI, "cp1251", "bulgarian_ci")
COLLATIONS(BOTH, CI, "cp1257", "lithuanian_ci")
COLLATIONS(BOTH, CI, "euckr", "korean_ci")
COLLATIONS(BOTH, CI, "hp8", "english_ci")
COLLATIONS(BOTH, CI, "latin1", "danish_ci german1_ci")
COLLATIONS(BOTH, CI, "tis620", "thai_ci")
COLLATIONS(BOTH, CI, "utf8mb4",
           "0900_ai_ci 0900_as_ci de_pb_0900_ai_ci eo_0900_ai_ci es_0900_ai_ci et_0900_ai_ci "
           "is_0900_ai_ci pl_0900_ai_ci ro_0900_ai_ci sl_0900_ai_ci sv_0900_ai_ci "
           "vi_0900_ai_ci")
COLLATIONS(BOTH, EXACT,
           "armscii8 ascii big5 cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 cp932 dec8 "
           "eucjpms euckr gb2312 gbk geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 "
           "latin2 latin5 latin7 macce macroman sjis tis620 ucs2 ujis utf16 utf16le utf32 "
           "utf8mb3 utf8mb4",
           "bin")
COLLATIONS(BOTH, EXACT, "cp1251 latin1 latin7", "general_cs")
COLLATIONS(BOTH, EXACT, "cp1250 latin2", "czech_cs")
COLLATIONS(BOTH, EXACT, "latin7", "estonian_cs")
COLLATIONS(BOTH, EXACT, "utf8mb4",
           "0900_as_cs 0900_bin cs_0900_as_cs da_0900_as_cs de_pb_0900_as_cs eo_0900_as_cs "
           "es_0900_as_cs es_trad_0900_as_cs et_0900_as_cs hr_0900_as_cs hu_0900_as_cs "
           "is_0900_as_cs la_0900_as_cs lt_0900_as_cs lv_0900_as_cs pl_0900_as_cs "
           "ro_0900_as_cs sk_0900_as_cs sl_0900_as_cs sv_0900_as_cs tr_0900_as_cs "
           "vi_0900_as_cs")
COLLATIONS(BOTH, SPLITS, "latin5 ucs2 utf16 utf32 utf8mb3 utf8mb4", "turkish_ci")
COLLATIONS(BOTH, SPLITS, "ucs2 utf16 utf32 utf8mb3 utf8mb4",
           "czech_ci danish_ci slovak_ci spanish2_ci")
COLLATIONS(BOTH, SPLITS, "cp866 latin7", "general_ci")
COLLATIONS(BOTH, SPLITS, "utf8mb4", "da_0900_ai_ci es_trad_0900_ai_ci hr_0900_ai_ci tr_0900_ai_ci")
COLLATIONS(MARIADB, CI,
           "armscii8 ascii cp1250 cp1251 cp1256 cp1257 cp850 cp852 greek hebrew keybcs2 koi8r "
           "latin2 macroman ucs2 utf16 utf16le utf32 utf8mb3 utf8mb4",
           "general_nopad_ci")
COLLATIONS(MARIADB, CI, "ucs2 utf16 utf32 utf8mb3 utf8mb4",
           "croatian_mysql561_ci myanmar_ci thai_520_w2 unicode_520_nopad_ci unicode_nopad_ci")
COLLATIONS(MARIADB, CI, "cp932 eucjpms sjis ujis", "japanese_nopad_ci")
COLLATIONS(MARIADB, CI, "dec8 latin1", "swedish_nopad_ci")
COLLATIONS(MARIADB, CI, "utf8mb3 utf8mb4", "general1400_as_ci")
COLLATIONS(MARIADB, CI, "euckr", "korean_nopad_ci")
COLLATIONS(MARIADB, CI, "hp8", "english_nopad_ci")
COLLATIONS(MARIADB, CI, "tis620", "thai_nopad_ci")
COLLATIONS(MARIADB, CI, "utf8mb4",
           "hu_0900_ai_ci lv_0900_ai_ci uca1400_ai_ci uca1400_as_ci uca1400_esperanto_ai_ci "
           "uca1400_esperanto_as_ci uca1400_esperanto_nopad_ai_ci "
           "uca1400_esperanto_nopad_as_ci uca1400_estonian_ai_ci uca1400_estonian_as_ci "
           "uca1400_estonian_nopad_ai_ci uca1400_estonian_nopad_as_ci uca1400_german2_ai_ci "
           "uca1400_german2_as_ci uca1400_german2_nopad_ai_ci uca1400_german2_nopad_as_ci "
           "uca1400_hungarian_ai_ci uca1400_hungarian_as_ci uca1400_hungarian_nopad_ai_ci "
           "uca1400_hungarian_nopad_as_ci uca1400_icelandic_ai_ci uca1400_icelandic_as_ci "
           "uca1400_icelandic_nopad_ai_ci uca1400_icelandic_nopad_as_ci uca1400_latvian_ai_ci "
           "uca1400_latvian_as_ci uca1400_latvian_nopad_ai_ci uca1400_latvian_nopad_as_ci "
           "uca1400_nopad_ai_ci uca1400_nopad_as_ci uca1400_persian_ai_ci "
           "uca1400_persian_as_ci uca1400_persian_nopad_ai_ci uca1400_persian_nopad_as_ci "
           "uca1400_polish_ai_ci uca1400_polish_as_ci uca1400_polish_nopad_ai_ci "
           "uca1400_polish_nopad_as_ci uca1400_roman_as_ci uca1400_roman_nopad_as_ci "
           "uca1400_romanian_ai_ci uca1400_romanian_as_ci uca1400_romanian_nopad_ai_ci "
           "uca1400_romanian_nopad_as_ci uca1400_sinhala_ai_ci uca1400_sinhala_as_ci "
           "uca1400_sinhala_nopad_ai_ci uca1400_sinhala_nopad_as_ci uca1400_slovenian_ai_ci "
           "uca1400_slovenian_as_ci uca1400_slovenian_nopad_ai_ci "
           "uca1400_slovenian_nopad_as_ci uca1400_spanish_ai_ci uca1400_spanish_as_ci "
           "uca1400_spanish_nopad_ai_ci uca1400_spanish_nopad_as_ci uca1400_swedish_ai_ci "
           "uca1400_swedish_as_ci uca1400_swedish_nopad_ai_ci uca1400_swedish_nopad_as_ci "
           "uca1400_vietnamese_ai_ci uca1400_vietnamese_as_ci uca1400_vietnamese_nopad_ai_ci "
           "uca1400_vietnamese_nopad_as_ci")
COLLATIONS(MARIADB, EXACT,
           "armscii8 ascii big5 cp1250 cp1251 cp1256 cp1257 cp850 cp852 cp866 cp932 dec8 "
           "eucjpms euckr gb2312 gbk geostd8 greek hebrew hp8 keybcs2 koi8r koi8u latin1 "
           "latin2 latin5 latin7 macce macroman sjis tis620 ucs2 ujis utf16 utf16le utf32 "
           "utf8mb3 utf8mb4",
           "nopad_bin")
COLLATIONS(MARIADB, EXACT, "utf8mb4",
           "uca1400_ai_cs uca1400_as_cs uca1400_croatian_ai_cs uca1400_croatian_as_cs "
           "uca1400_croatian_nopad_ai_cs uca1400_croatian_nopad_as_cs uca1400_czech_ai_cs "
           "uca1400_czech_as_cs uca1400_czech_nopad_ai_cs uca1400_czech_nopad_as_cs "
           "uca1400_danish_ai_cs uca1400_danish_as_cs uca1400_danish_nopad_ai_cs "
           "uca1400_danish_nopad_as_cs uca1400_esperanto_ai_cs uca1400_esperanto_as_cs "
           "uca1400_esperanto_nopad_ai_cs uca1400_esperanto_nopad_as_cs uca1400_estonian_ai_cs "
           "uca1400_estonian_as_cs uca1400_estonian_nopad_ai_cs uca1400_estonian_nopad_as_cs "
           "uca1400_german2_ai_cs uca1400_german2_as_cs uca1400_german2_nopad_ai_cs "
           "uca1400_german2_nopad_as_cs uca1400_hungarian_ai_cs uca1400_hungarian_as_cs "
           "uca1400_hungarian_nopad_ai_cs uca1400_hungarian_nopad_as_cs "
           "uca1400_icelandic_ai_cs uca1400_icelandic_as_cs uca1400_icelandic_nopad_ai_cs "
           "uca1400_icelandic_nopad_as_cs uca1400_latvian_ai_cs uca1400_latvian_as_cs "
           "uca1400_latvian_nopad_ai_cs uca1400_latvian_nopad_as_cs uca1400_lithuanian_as_cs "
           "uca1400_lithuanian_nopad_as_cs uca1400_nopad_ai_cs uca1400_nopad_as_cs "
           "uca1400_persian_ai_cs uca1400_persian_as_cs uca1400_persian_nopad_ai_cs "
           "uca1400_persian_nopad_as_cs uca1400_polish_ai_cs uca1400_polish_as_cs "
           "uca1400_polish_nopad_ai_cs uca1400_polish_nopad_as_cs uca1400_roman_as_cs "
           "uca1400_roman_nopad_as_cs uca1400_romanian_ai_cs uca1400_romanian_as_cs "
           "uca1400_romanian_nopad_ai_cs uca1400_romanian_nopad_as_cs uca1400_sinhala_ai_cs "
           "uca1400_sinhala_as_cs uca1400_sinhala_nopad_ai_cs uca1400_sinhala_nopad_as_cs "
           "uca1400_slovak_ai_cs uca1400_slovak_as_cs uca1400_slovak_nopad_ai_cs "
           "uca1400_slovak_nopad_as_cs uca1400_slovenian_ai_cs uca1400_slovenian_as_cs "
           "uca1400_slovenian_nopad_ai_cs uca1400_slovenian_nopad_as_cs uca1400_spanish2_ai_cs "
           "uca1400_spanish2_as_cs uca1400_spanish2_nopad_ai_cs uca1400_spanish2_nopad_as_cs "
           "uca1400_spanish_ai_cs uca1400_spanish_as_cs uca1400_spanish_nopad_ai_cs "
           "uca1400_spanish_nopad_as_cs uca1400_swedish_ai_cs uca1400_swedish_as_cs "
           "uca1400_swedish_nopad_ai_cs uca1400_swedish_nopad_as_cs uca1400_turkish_ai_cs "
           "uca1400_turkish_as_cs uca1400_turkish_nopad_ai_cs uca1400_turkish_nopad_as_cs "
           "uca1400_vietnamese_ai_cs uca1400_vietnamese_as_cs uca1400_vietnamese_nopad_ai_cs "
           "uca1400_vietnamese_nopad_as_cs")
COLLATIONS(MARIADB, SPLITS, "ucs2 utf16 utf32 utf8mb3 utf8mb4", "croatian_ci")
COLLATIONS(MARIADB, SPLITS, "cp866 latin7", "general_nopad_ci")
COLLATIONS(MARIADB, SPLITS, "latin5", "turkish_nopad_ci")
COLLATIONS(MARIADB, SPLITS, "utf8mb4",
           "cs_0900_ai_ci sk_0900_ai_ci uca1400_croatian_ai_ci uca1400_croatian_as_ci "
           "uca1400_croatian_nopad_ai_ci uca1400_croatian_nopad_as_ci uca1400_czech_ai_ci "
           "uca1400_czech_as_ci uca1400_czech_nopad_ai_ci uca1400_czech_nopad_as_ci "
           "uca1400_danish_ai_ci uca1400_danish_as_ci uca1400_danish_nopad_ai_ci "
           "uca1400_danish_nopad_as_ci uca1400_lithuanian_as_ci uca1400_lithuanian_nopad_as_ci "
           "uca1400_slovak_ai_ci uca1400_slovak_as_ci uca1400_slovak_nopad_ai_ci "
           "uca1400_slovak_nopad_as_ci uca1400_spanish2_ai_ci uca1400_spanish2_as_ci "
           "uca1400_spanish2_nopad_ai_ci uca1400_spanish2_nopad_as_ci uca1400_turkish_ai_ci "
           "uca1400_turkish_as_ci uca1400_turkish_nopad_ai_ci uca1400_turkish_nopad_as_ci")
COLLATIONS(MYSQL, CI, "ucs2 utf16 utf32 utf8mb3 utf8mb4", "croatian_ci")
COLLATIONS(MYSQL, CI, "gb18030", "chinese_ci unicode_520_ci")
COLLATIONS(MYSQL, CI, "utf8mb3", "tolower_ci")
COLLATIONS(MYSQL, CI, "utf8mb4",
           "bg_0900_ai_ci cs_0900_ai_ci gl_0900_ai_ci mn_cyrl_0900_ai_ci ru_0900_ai_ci "
           "sk_0900_ai_ci")
COLLATIONS(MYSQL, EXACT, "gb18030", "bin")
COLLATIONS(MYSQL, EXACT, "utf8mb4",
           "bg_0900_as_cs bs_0900_as_cs gl_0900_as_cs ja_0900_as_cs ja_0900_as_cs_ks "
           "mn_cyrl_0900_as_cs nb_0900_as_cs nn_0900_as_cs ru_0900_as_cs sr_latn_0900_as_cs "
           "zh_0900_as_cs")
COLLATIONS(MYSQL, SPLITS, "utf8mb4", "bs_0900_ai_ci nb_0900_ai_ci nn_0900_ai_ci sr_latn_0900_ai_ci")
