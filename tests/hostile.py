"""Files that a reader of PDFs must survive: each built here, byte by byte, with what must become of it.

``python tests/hostile.py FOLDER`` writes them all, to look at or to time.
"""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

SAMPLE = Path(__file__).resolve().parent.parent / "corpus" / "sample"
PAPER = SAMPLE / "08_hands_letter.pdf"

WORDS = (
    "A girl of nine years was given an infusion of mesenchymal stromal cells.",
    "She was well after twelve months and no serious adverse event occurred.",
)
PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


class Hostile(NamedTuple):
    """A file, and which ends of it are right: pairs of status and reason, ('ok', '') among them or not."""

    name: str
    build: Callable[[], bytes]
    ends: frozenset[tuple[str, str]]
    because: str


# --- the parts of a PDF


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data)


def written(objects: Sequence[bytes], *, trailer: bytes = b"", between: bytes = b"", xref: bool = True) -> bytes:
    """Objects 1, 2, ... as a file; the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, item in enumerate(objects, 1):
        out += between
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, item)
    start = len(out)
    if xref:
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R%b>>\n" % (len(objects) + 1, trailer)
    if xref:
        out += b"startxref\n%d\n" % start
    return bytes(out + b"%%EOF\n")


def lines(*words: str, size: int = 10, top: int = 700) -> bytes:
    """Operators that print words under each other."""
    shown = b" ".join(b"(%b) Tj T*" % word.encode("latin-1") for word in words)
    return b"BT /F1 %d Tf %d TL 72 %d Td %b ET" % (size, size + 4, top, shown)


HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def document(
    content: bytes,
    *,
    entries: bytes = b"",
    resources: bytes = b"",
    more: Sequence[bytes] = (),
    box: bytes = b"0 0 595 842",
    pages: int = 1,
    font: bytes = HELVETICA,
    **how: object,
) -> bytes:
    """A file of pages that all show ``content``. Objects: 1 catalogue, 2 pages, 3 font, 4 content, then ``more``,
    then the pages."""
    first = 5 + len(more)
    kids = b" ".join(b"%d 0 R" % number for number in range(first, first + pages))
    shown = b"/Contents 4 0 R/Resources<</Font<</F1 3 0 R>>%b>>" % resources
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[%b]%b>>" % (box, shown)
    return written(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count %d/Kids[%b]>>" % (pages, kids),
            font,
            stream(content, entries),
            *more,
            *[page] * pages,
        ],
        **how,  # type: ignore[arg-type]
    )


# --- passwords (the standard handler of PDF 1.4, RC4 with 128 bits)


def rc4(key: bytes, data: bytes) -> bytes:
    box, j = list(range(256)), 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def turned(key: bytes, data: bytes) -> bytes:
    """RC4 twenty times over, as revision 3 wants it."""
    for step in range(20):
        data = rc4(bytes(byte ^ step for byte in key), data)
    return data


def encrypted(user: bytes, owner: bytes) -> bytes:
    """Two lines of text behind passwords."""
    name = b"0123456789abcdef"
    permissions = -3904
    owner_key = hashlib.md5((owner + PADDING)[:32]).digest()
    for _ in range(50):
        owner_key = hashlib.md5(owner_key).digest()
    o = turned(owner_key, (user + PADDING)[:32])
    key = hashlib.md5((user + PADDING)[:32] + o + permissions.to_bytes(4, "little", signed=True) + name).digest()
    for _ in range(50):
        key = hashlib.md5(key).digest()
    u = turned(key, hashlib.md5(PADDING + name).digest()) + bytes(16)
    content_key = hashlib.md5(key + (4).to_bytes(3, "little") + bytes(2)).digest()
    encrypt = b"/Encrypt<</Filter/Standard/V 2/R 3/Length 128/P %d/O<%b>/U<%b>>>/ID[<%b><%b>]" % (
        permissions, o.hex().encode(), u.hex().encode(), name.hex().encode(), name.hex().encode(),
    )  # fmt: skip
    return document(rc4(content_key, lines(*WORDS)), trailer=encrypt)


# --- files that are no PDF, or half of one


def cut(share: float) -> bytes:
    data = PAPER.read_bytes()
    return data[: int(share * len(data))]


def article(body: str = "<p>A boy of ten years with lupus had an infusion of stromal cells.</p>") -> bytes:
    head = "<front><article-meta><title-group><article-title>A boy</article-title></title-group></article-meta></front>"
    return f"<?xml version='1.0'?>\n<article>{head}<body><sec><title>Case</title>{body}</sec></body></article>".encode()


def entities() -> bytes:
    """An XML whose one entity stands for a thousand million others."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE article [<!ENTITY e0 "stromal">{levels}]>'.encode()
        + article("<p>&e9;</p>").split(b"\n", 1)[1]
    )


def dirty() -> bytes:
    """NUL and other bytes between the objects, and no table that says where they are."""
    return document(lines(*WORDS), between=b"\0\0\0\xff\xfe)>>endobj ]] \0\n", xref=False)


def packed_and_cut() -> bytes:
    """A file whose page, font and catalogue are packed into one stream, and whose end is missing."""
    inside = [
        (1, b"<</Type/Catalog/Pages 2 0 R>>"),
        (2, b"<</Type/Pages/Count 1/Kids[5 0 R]/MediaBox[0 0 595 842]/Resources 6 0 R>>"),
        (3, HELVETICA),
        (5, b"<</Type/Page/Parent 2 0 R/Contents 4 0 R>>"),
        (6, b"<</Font<</F1 3 0 R>>>>"),
    ]
    places, body = b"", b""
    for number, item in inside:
        places += b"%d %d " % (number, len(body))
        body += item + b" "
    entries = b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(inside), len(places))
    parts = ((4, stream(lines(*WORDS))), (7, stream(zlib.compress(places + body), entries)))
    return b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%b\nendobj\n" % part for part in parts) + b"8 0 obj\n<</Type/XR"


# --- bombs


IMAGE = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/Device%b/Filter/FlateDecode"
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"


def recursive() -> bytes:
    """A form that draws itself, and two that draw each other."""
    own = b"/Resources<</XObject<</A 5 0 R/B 6 0 R/C 7 0 R>>/Font<</F1 3 0 R>>>>"
    forms = [stream(lines(*WORDS) + b" /A Do", FORM + own), stream(b"/C Do", FORM + own), stream(b"/B Do", FORM + own)]
    return document(b"/A Do /B Do", resources=b"/XObject<</A 5 0 R/B 6 0 R>>", more=forms)


def nested(levels: int, times: int) -> bytes:
    """Forms that each draw the next one several times: a few bytes that ask for ``times ** levels`` drawings."""
    forms = []
    for level in range(levels):
        number = 6 + level
        last = level == levels - 1
        inner = lines(WORDS[0]) if last else b" ".join([b"/N Do"] * times)
        own = b"/Resources<</XObject<</N %d 0 R>>/Font<</F1 3 0 R>>>>" % (3 if last else number)
        forms.append(stream(inner, FORM + own))
    return document(b"/N Do", resources=b"/XObject<</N 5 0 R>>", more=forms)


def deflated(size: int, ending: bytes = b"", times: int = 1) -> bytes:
    """So many blanks, deflated, then deflated again; never held as a whole."""
    chunk = b" " * (16 << 20)
    packer = zlib.compressobj(9)
    head = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
    middle = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)  # stands for itself, as often as one likes
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    more = (size >> 24) - 1
    check = 1
    for _ in range(more + 1):
        check = zlib.adler32(chunk, check)
    data = head + middle * more + last.compress(ending) + last.flush() + zlib.adler32(ending, check).to_bytes(4, "big")
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data


def bomb(size: int, times: int = 1) -> bytes:
    filters = b"/Filter[%b]" % b" ".join([b"/FlateDecode"] * times)
    return document(deflated(size, lines(*WORDS), times), entries=filters)


def picture_bomb() -> bytes:
    """A page with words, and a picture that says it is 60,000 pixels wide and high."""
    picture = stream(deflated(64 << 20), IMAGE % (60_000, 60_000, b"RGB"))
    return document(b"/P Do " + lines(*WORDS), resources=b"/XObject<</P 5 0 R>>", more=[picture])


def operators(count: int, operator: bytes) -> bytes:
    """So many drawings on one page, besides its words."""
    return document(zlib.compress(lines(*WORDS) + b"\n" + operator * count), entries=b"/Filter/FlateDecode")


def scattered_words(count: int) -> bytes:
    """So many words on one page, each drawn on its own and on top of others."""
    places = ((7 * number % 560, 13 * number % 830, number) for number in range(count))
    shown = b"".join(b"BT /F1 7 Tf %d %d Td (word%d) Tj ET\n" % place for place in places)
    return document(zlib.compress(shown), entries=b"/Filter/FlateDecode")


def grid(count: int) -> bytes:
    """So many rules, each way, under the caption of a table."""
    steps = ((20 + 670 * n / count, 20 + 550 * n / count) for n in range(count))
    rules = b"".join(b"20 %g m 570 %g l S %g 20 m %g 690 l S\n" % (y, y, x, x) for y, x in steps)
    return document(lines("Table 1. Doses of cells", "Patient  Dose  Route", "1  2  IV") + b"\n" + rules)


def long_word(count: int) -> bytes:
    """One word of so many letters."""
    return document(zlib.compress(lines("a" * count, size=1)), entries=b"/Filter/FlateDecode")


def deep_pages(levels: int) -> bytes:
    """A tree of pages so many levels deep."""
    nodes = [b"<</Type/Pages/Count 1/Kids[%d 0 R]%b>>" % (n + 3, b"/Parent %d 0 R" % (n + 1) if n else b"")
             for n in range(levels)]  # fmt: skip
    page = b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 %d 0 R>>>>>>"
    after = [stream(lines(*WORDS)), HELVETICA]
    number = levels + 3
    return written([b"<</Type/Catalog/Pages 2 0 R>>", *nodes, page % (levels + 1, number, number + 1), *after])


def deep_arrays(levels: int) -> bytes:
    return document(lines(*WORDS) + b"\n" + b"[" * levels + b"]" * levels + b" TJ")


def ring_of_pages() -> bytes:
    """A tree of pages whose branch is its own root, and a count that is not true."""
    return written([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1000000/Kids[2 0 R 2 0 R]/Parent 2 0 R>>"])


# --- letters that cannot be trusted


def unmapped_font() -> bytes:
    """A font that prints letters and does not say which: no ToUnicode, own names for its glyphs."""
    square = b"600 0 0 0 500 700 d1 0 0 500 700 re f"
    codes = range(97, 123)
    names = b" ".join(b"/q%d" % code for code in codes)
    drawn = b" ".join(b"/q%d 5 0 R" % code for code in codes)
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 600 800]/FontMatrix[0.001 0 0 0.001 0 0]/FirstChar 97/LastChar 122"
        b"/Widths[%b]/Encoding<</Type/Encoding/Differences[97 %b]>>/CharProcs<<%b>>/Resources<<>>>>"
        % (b" ".join([b"600"] * 26), names, drawn)
    )
    text = [" ".join(("abcdefgh", "ijklmnop", "qrstuvwx")[n % 3] for n in range(k, k + 6)) for k in range(40)]
    return document(lines(*text), font=font, more=[stream(square)])


def scrambled_font() -> bytes:
    """A font of two bytes a letter whose numbers are those of its own glyphs, and that says nothing else."""
    text = b" ".join(b"<%b> Tj T*" % b"".join(b"%04x" % (1 + (7 * n + k) % 200) for k in range(40)) for n in range(30))
    kid = (
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/ABCDEF+Own/FontDescriptor 6 0 R/DW 500"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>"
    )
    descriptor = (
        b"<</Type/FontDescriptor/FontName/ABCDEF+Own/Flags 4/FontBBox[0 -200 1000 800]/ItalicAngle 0/Ascent 800"
        b"/Descent -200/CapHeight 700/StemV 80>>"
    )
    font = b"<</Type/Font/Subtype/Type0/BaseFont/ABCDEF+Own/Encoding/Identity-H/DescendantFonts[5 0 R]>>"
    return document(b"BT /F1 9 Tf 14 TL 72 700 Td %b ET" % text, font=font, more=[kid, descriptor])


def scan(pages: int = 1) -> bytes:
    """Pages that are a picture each: grey squares, no letters."""
    side = 64
    pixels = bytes(160 if (x // 8 + y // 8) % 2 else 240 for y in range(side) for x in range(side))
    picture = stream(zlib.compress(pixels), IMAGE % (side, side, b"Gray"))
    return document(b"q 595 0 0 842 0 0 cm /P Do Q", resources=b"/XObject<</P 5 0 R>>", more=[picture], pages=pages)


def many_pages(count: int) -> bytes:
    return document(lines("This page is one of very many.", "Nobody is ill on it."), pages=count)


def sized(box: bytes) -> bytes:
    return document(lines(*WORDS), box=box)


READ = frozenset({("ok", ""), ("ok", "no_case_found"), ("ok", "no_cell_therapy")})


def failed(*reasons: str) -> frozenset[tuple[str, str]]:
    return frozenset(("failed", reason) for reason in reasons)


LIMITED = failed("timeout", "out_of_memory", "crashed")
"""What may become of a file that asks for more than there is."""

SEEN = READ | failed("no_text_layer")
"""What may become of a page on which something stands, or nothing that can be seen."""

ANY = SEEN | LIMITED

FILES = (
    Hostile("truncated_late.pdf", lambda: cut(0.97), frozenset({("partial", "truncated")}), "the end is missing"),
    Hostile("truncated_half.pdf", lambda: cut(0.8), frozenset({("partial", "truncated")}), "one page of two is left"),
    Hostile("truncated_early.pdf", lambda: cut(0.3), failed("not_a_pdf"), "no page is left"),
    Hostile("truncated_packed.pdf", packed_and_cut, frozenset({("partial", "truncated")}), "pages in an object stream"),
    Hostile("truncated_head.pdf", lambda: PAPER.read_bytes()[:30], failed("not_a_pdf"), "a header and no object"),
    Hostile("encrypted_user.pdf", lambda: encrypted(b"secret", b"owner"), failed("encrypted"), "a password to open it"),
    Hostile("encrypted_owner.pdf", lambda: encrypted(b"", b"owner"), READ, "a password only to change it"),
    Hostile("empty.pdf", lambda: b"", failed("not_a_pdf"), "not a byte"),
    Hostile("blank.pdf", lambda: b"\n" * 2000, failed("not_a_pdf"), "white space"),
    Hostile("empty.xml", lambda: b"\n", failed("not_jats"), "not a byte"),
    Hostile("no_pages.pdf", lambda: document(b"", pages=0), failed("not_a_pdf"), "no page"),
    Hostile("web_page.pdf", lambda: b"<!DOCTYPE html><html><body>Sign in to read</body></html>", failed("not_a_pdf"),
            "what a download often is"),
    Hostile("picture.pdf", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, failed("not_a_pdf"), "a picture"),
    Hostile("article_called.pdf", article, failed("not_a_pdf"), "XML by another name"),
    Hostile("paper_called.xml", lambda: PAPER.read_bytes() + b"\n", READ, "a PDF by another name"),
    Hostile("paper_called.txt", lambda: PAPER.read_bytes() + b"\n\n", READ, "a PDF by another name"),
    Hostile("not_an_article.xml", lambda: b"<?xml version='1.0'?><feed><entry>x</entry></feed>", failed("not_jats"),
            "some other XML"),
    Hostile("torn.xml", lambda: article()[:-40], failed("not_jats"), "an end tag is missing"),
    Hostile("entity_bomb.xml", entities, failed("not_jats"), "entities of entities"),
    Hostile("deep.xml", lambda: article("<sec>" * 5000 + "<p>x</p>" + "</sec>" * 5000),
            failed("not_jats") | READ, "elements in elements"),
    Hostile("binary.txt", lambda: bytes(range(256)) * 400, failed("not_a_pdf"), "no text"),
    Hostile("no_xref.pdf", lambda: document(lines(*WORDS), xref=False), READ, "no table of objects"),
    Hostile("dirty.pdf", dirty, READ, "garbage between the objects"),
    Hostile("late_head.pdf", lambda: b"\0" * 500 + document(lines(*WORDS)), READ, "garbage before the header"),
    Hostile("recursive_forms.pdf", recursive, READ, "a form that draws itself"),
    Hostile("nested_forms.pdf", lambda: nested(12, 10), READ | LIMITED, "10^11 drawings in 3 kB"),
    Hostile("chained_forms.pdf", lambda: nested(400, 1), SEEN, "forms 400 deep"),
    Hostile("bomb.pdf", lambda: bomb(1 << 30), ANY, "1 GB of blanks in 1 MB"),
    Hostile("bomb_in_bomb.pdf", lambda: bomb(1 << 30, 3), ANY, "1 GB of blanks in 6 kB"),
    Hostile("picture_bomb.pdf", picture_bomb, READ, "a picture of 11 GB that nobody needs"),
    Hostile("million_lines.pdf", lambda: operators(1_000_000, b"0 0 m 9 9 l S\n"), READ | LIMITED, "10^6 drawings"),
    Hostile("million_states.pdf", lambda: operators(1_000_000, b"q Q\n"), READ | LIMITED, "a million operators"),
    Hostile("many_words.pdf", lambda: scattered_words(60_000), READ | LIMITED, "60,000 words on top of each other"),
    Hostile("grid.pdf", lambda: grid(3000), READ | LIMITED, "3,000 rules each way"),
    Hostile("long_word.pdf", lambda: long_word(1_000_000), ANY, "a word of a million letters"),
    Hostile("many_pages.pdf", lambda: many_pages(2000), READ | failed("timeout"), "2,000 pages"),
    Hostile("deep_pages.pdf", lambda: deep_pages(2000), SEEN | failed("not_a_pdf", "crashed"), "a tree 2,000 deep"),
    Hostile("deep_arrays.pdf", lambda: deep_arrays(100_000), READ | LIMITED, "arrays in arrays"),
    Hostile("ring_of_pages.pdf", ring_of_pages, failed("not_a_pdf"), "pages that are their own parents"),
    Hostile("page_of_nothing.pdf", lambda: sized(b"0 0 0 0"), SEEN, "0 by 0 points"),
    Hostile("page_turned_out.pdf", lambda: sized(b"595 842 0 0"), READ, "corners in the wrong order"),
    Hostile("page_below_zero.pdf", lambda: sized(b"-595 -842 0 0"), SEEN, "left of and below nothing"),
    Hostile("page_wide.pdf", lambda: sized(b"0 0 20000 20000"), READ, "larger than the format allows"),
    Hostile("page_endless.pdf", lambda: sized(b"-1e30 -1e30 1e30 1e30"), SEEN, "larger than the world"),
    Hostile("page_no_number.pdf", lambda: sized(b"0 0 /a (b)"), READ, "corners that are no numbers"),
    Hostile("unmapped_font.pdf", unmapped_font, SEEN, "letters without names"),
    Hostile("scrambled_font.pdf", scrambled_font, SEEN, "numbers of glyphs"),
    Hostile("scan.pdf", lambda: scan(3), failed("no_text_layer"), "pictures of pages"),
)  # fmt: skip


def write_files(folder: Path, files: Sequence[Hostile] = FILES) -> None:
    """Write files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        (folder / file.name).write_bytes(file.build())


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
