"""Any bytes of a terminal are text, keys, the mouse, or nothing: never a fault, never controls."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.message import Message

from chimera_tui.ui.terminal.terminal_input import LONGEST_HELD, PATIENCE, TerminalInput
from chimera_tui.ui.terminal.type_ahead import LONGEST_PASTE

Meaning = list[object]


def meant(items: list[str | Message]) -> Meaning:
    """What was typed as text, keys by their names, pastes and sizes; of the rest the kind."""
    meaning: Meaning = []
    for item in items:
        match item:
            case str():
                meaning.append(item)
            case events.Key(key=key):
                meaning.append((key,))
            case events.Paste(text=text):
                meaning.append(["pasted", text])
            case _:
                meaning.append(type(item))
    return meaning


def read(*pieces: bytes | str, ended: bool = True) -> Meaning:
    """What these pieces mean, read one after the other; `ended`: and no more comes."""
    source = TerminalInput()
    items: list[str | Message] = []
    for piece in pieces:
        items += source.feed(piece.encode() if isinstance(piece, str) else piece)
    while ended and source.patience is not None:
        items += source.give_up()
    return joined(meant(items))


def joined(meaning: Meaning) -> Meaning:
    """The same, with text that follows upon text in one piece."""
    pieces: Meaning = []
    for one in meaning:
        last = pieces[-1] if pieces else None
        if isinstance(one, str) and isinstance(last, str):
            pieces[-1] = last + one
        else:
            pieces.append(one)
    return pieces


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"caf\xe9 ", "caf\ufffd "),  # Latin-1
        (b"\xe2\x82", "\ufffd"),  # cut off
        (b"\xe2\x82a", "\ufffda"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),  # half of a pair of UTF-16
    ],
)
def test_what_is_not_utf_8_is_replaced(data: bytes, text: str) -> None:
    assert read(data) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "naïve façade – „Größe“",
        "e\u0301 n\u0303 می\u200cخواهم",  # noqa: RUF001 - Persian, with a joiner that joins not
        "👩\u200d👩\u200d👧\u200d👦 🏳️\u200d🌈 🇺🇦",
        "かな漢字変換　全角スペース",
        "한국어 조합 ᄒ\u1161\u11ab",
        "ខ្មែរ\u200bភាសា ไทย हिन्दी",
        "a\u00a0b\u202fc",
        "@ł€¶ŧ←↓→øþ",
    ],
)
def test_what_is_typed_in_any_language_arrives_as_it_is(text: str) -> None:
    assert read(text) == [text]
    assert read(*(bytes([byte]) for byte in text.encode())) == [text]
    codes = ":".join(str(ord(one)) for one in text)
    assert read(f"\x1b[0;;{codes}u") == [text]  # kitty, of an input method


REPORTS = {
    "DA1": "\x1b[?62;22;52c",
    "DA2": "\x1b[>41;370;0c",
    "DA3": "\x1bP!|7E565445\x1b\\",
    "colour of the palette": "\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    "foreground": "\x1b]10;rgb:ffff/ffff/ffff\x07",
    "background": "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "clipboard": "\x1b]52;c;" + base64.b64encode(b"secret words" * 30).decode() + "\x07",
    "a large clipboard": "\x1b]52;c;" + "QUJD" * LONGEST_HELD + "\x1b\\",
    "name": "\x1bP>|XTerm(370)\x1b\\",
    "a setting": "\x1bP1$r0m\x1b\\",
    "terminfo": "\x1bP1+r544e=787465726d\x1b\\",
    "kitty's pictures": "\x1b_Gi=31;OK\x1b\\",
    "a private message": "\x1b^words\x1b\\",
    "a string": "\x1bXwords\x1b\\",
    "place of the cursor": "\x1b[12;40R",
    "its place in the first column": "\x1b[1;1R",
    "status": "\x1b[0n",
    "dark or light": "\x1b[?997;1n",
    "size in cells": "\x1b[8;40;120t",
    "size in pixels": "\x1b[4;800;1200t",
    "title": "\x1b]lwords\x1b\\",
    "a mode that nobody asked for": "\x1b[?1049;2$y",
    "an ANSI mode": "\x1b[4;2$y",
    "keys of kitty": "\x1b[?29u",
    "graphics": "\x1b[?1;0;256S",
    "checksum": "\x1bP1!~ABCD\x1b\\",
    "X10 mouse": "\x1b[M !!",
    "rxvt mouse": "\x1b[32;10;10M",
    "a slip of Ghostty": "\x1b[<35;-1;5M",
    "a size of nothing": "\x1b[48;0;0;0;0t",
    "nothing known": "\x1b[>1;2;3 q",
}


@pytest.mark.parametrize("name", REPORTS)
def test_what_a_terminal_says_of_itself_is_neither_text_nor_keys(name: str) -> None:
    report = REPORTS[name].encode()
    assert read(b"a" + report + b"b") == ["ab"]
    for place in range(1, min(len(report), 100)):
        assert read(b"a" + report[:place], report[place:] + b"b") == ["ab"]


def test_mouse_reports_of_x10_are_passed_over_whatever_their_bytes() -> None:
    assert read(b"a\x1b[M \xc3\xa9b") == ["ab"]
    assert read(b"\x1b[M\xff\xff\xff\x11") == [("ctrl+q",)]
    assert read(b"\x1b[M \x11") == [("ctrl+q",)]


def test_focus_and_size_and_what_textual_asked_for_reach_the_app() -> None:
    assert read("\x1b[I\x1b[O") == [events.AppFocus, events.AppBlur]
    (size,) = TerminalInput().feed(b"\x1b[48;40;120;800;1200t")
    assert isinstance(size, events.Resize)
    assert (size.size, size.pixel_size) == ((120, 40), (1200, 800))
    (mouse,) = TerminalInput().feed(b"\x1b[<0;3;4M")
    assert isinstance(mouse, events.MouseDown)
    assert (mouse.x, mouse.y) == (2, 3)
    assert len(read("\x1b[?2026;2$y")) == 1


@pytest.mark.parametrize(
    ("sequence", "meaning"),
    [
        ("\x1b[97u", "a"),
        ("\x1b[97;;97u", "a"),
        ("\x1b[97;2;65u", "A"),
        ("\x1b[97:65;2u", "A"),  # no text, but the shifted key
        ("\x1b[97;2u", "A"),  # neither
        ("\x1b[97;65;65u", "A"),  # caps lock
        ("\x1b[97;65u", "A"),
        ("\x1b[97;66u", "a"),  # both
        ("\x1b[97;129;97u", "a"),  # num lock
        ("\x1b[49:33;2u", "!"),
        ("\x1b[47u", "/"),
        ("\x1b[97;1:2;97u", "a"),  # held down
        ("\x1b[32;2;32u", " "),
        ("\x1b[32;2u", " "),
        ("\x1b[57400;129;49u", "1"),  # the number pad
        ("\x1b[57400;129u", "1"),
        ("\x1b[57409u", "."),
        ("\x1b[57413u", "+"),
        ("\x1b[0;;233u", "é"),  # a dead key
        ("\x1b[113;7;64u", "@"),  # AltGr, as control and alt
        ("\x1b[97;3;229u", "å"),  # Option
        ("\x1b[1092;;1092u", "ф"),
        ("\x1b[27;2;65~", "A"),  # modifyOtherKeys
        ("\x1bOq", "1"),
        ("\x1bOl", ","),
        ("\x1b[127u", ("backspace",)),
        ("\x1b[127;2u", ("backspace",)),
        ("\x1b[127;129u", ("backspace",)),
        ("\x1b[127;1:2u", ("backspace",)),
        ("\x1b[127;5u", ("ctrl+w",)),  # deletes a word in every field
        ("\x1b[127;6u", ("ctrl+w",)),
        ("\x1b[127;3u", ("ctrl+w",)),
        ("\x1b\x7f", ("ctrl+w",)),
        ("\x1b[3;2~", ("delete",)),
        ("\x1b[3;5~", ("ctrl+delete",)),
        ("\x1b[13;65u", ("enter",)),
        ("\x1b[13;2u", ("shift+enter",)),
        ("\x1b[27;2;13~", ("shift+enter",)),
        ("\x1b\r", ("alt+enter",)),
        ("\x1b[57414u", ("enter",)),
        ("\x1b[9;2u", ("shift+tab",)),
        ("\x1b[27;129u", ("escape",)),
        ("\x1b[113;5u", ("ctrl+q",)),
        ("\x1b[113;69u", ("ctrl+q",)),
        ("\x1b[1081::113;5u", ("ctrl+q",)),  # on a Russian keyboard
        ("\x1b[97;6u", ("ctrl+shift+a",)),
        ("\x1b[97;9;97u", ("super+a",)),
        ("\x1b[1;129A", ("up",)),
        ("\x1b[1;2:2A", ("shift+up",)),
        ("\x1b[57417u", ("left",)),
        ("\x1b[1;2R", ("shift+f3",)),
        ("\x1b[7$", ("shift+home",)),
        ("\x1ba", ("alt+a",)),
    ],
)
def test_a_key_does_the_same_on_every_keyboard(sequence: str, meaning: object) -> None:
    assert read(sequence) == [meaning]
    assert read(*sequence) == [meaning]


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[97;1:3;97u",  # let go
        "\x1b[127;1:3u",
        "\x1b[1;1:3A",
        "\x1b[57441;2u",  # shift alone
        "\x1b[57358;65u",  # caps lock itself
        "\x1b[0;;7:155:55296:1114112u",  # controls, half a pair, no character
        "\x1b[55296u",
        "\x1b[99999999999999999999u",
        "\x1b[57500u",
        "\x1b[155u",
        "\x1b[97;99999999999999;u"[:-1] + "x",
    ],
)
def test_what_is_no_key_does_nothing(sequence: str) -> None:
    assert read(f"a{sequence}b") == ["ab"]


def test_every_sequence_of_textual_still_is_its_key() -> None:
    for sequence, keys in ANSI_SEQUENCES_KEYS.items():
        is_plain = ";" not in sequence  # others are named by what is held, as kitty's are
        if is_plain and isinstance(keys, tuple) and sequence[:1] == "\x1b" != sequence[1:]:
            assert read(sequence) == [(keys[0].value,)], repr(sequence)


def test_escape_is_told_from_a_sequence_by_the_time() -> None:
    source = TerminalInput()
    assert source.feed(b"\x1b") == []
    assert 0 < (source.patience or 0) < PATIENCE
    assert meant(source.give_up()) == [("escape",)]
    assert source.feed(b"\x1b[1;") == []
    assert source.patience == PATIENCE
    assert source.give_up() == []


def test_escape_and_words_at_once_are_no_report() -> None:
    assert read("\x1bPlease go on\r") == [("alt+shift+p",), "lease go on\r"]
    assert read("\x1bOh, no") == [("alt+shift+o",), "h, no"]


def test_a_report_that_never_ends_holds_no_key_back() -> None:
    assert read("\x1b]52;c;QUJD\x11") == [("ctrl+q",)]
    assert read("\x1b]52;c;" + "QUJD" * LONGEST_HELD, "\x11") == [("ctrl+q",)]
    assert read("\x1bP>|name\x1b[113;5u") == [("ctrl+q",)]
    assert read("\x1b[12\x11") == [("ctrl+q",)]


def test_a_paste_is_one_thing_whatever_is_in_it() -> None:
    text = "one \x1b[31m two\r\x1b]52;c;cm0=\x07 \x1b[200~ \x11 é"
    data = f"\x1b[200~{text}\x1b[201~".encode()
    assert read(data) == [["pasted", text]]
    for place in range(1, len(data)):
        assert read(data[:place], data[place:]) == [["pasted", text]]


def test_a_paste_of_any_size_is_held_up_to_what_is_taken() -> None:
    source = TerminalInput()
    source.feed(b"\x1b[200~")
    for _ in range(1000):
        assert source.feed("wörd ".encode() * 1000) == []
    (paste,) = source.feed(b"\x1b[201~")
    assert isinstance(paste, events.Paste)
    assert len(paste.text) == LONGEST_PASTE + 1  # more than is taken: so it is told


def test_a_paste_whose_end_never_comes_ends() -> None:
    source = TerminalInput()
    source.feed(b"\x1b[200~words")
    assert source.patience == PATIENCE
    assert meant(source.give_up()) == [["pasted", "words"]]
    assert meant(source.feed(b"\x11")) == [("ctrl+q",)]


PIECES = st.one_of(
    st.binary(max_size=12),
    st.text(max_size=6).map(str.encode),
    st.sampled_from(
        [
            *(report.encode() for report in REPORTS.values() if len(report) < 100),
            *(sequence.encode() for sequence in ANSI_SEQUENCES_KEYS),
            *(b"\x1b[200~", b"\x1b[201~", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b\\", b"\x07"),
            *(b"\x1b", b"\x1b[", b"\x1b[M", b"\x1b[[", b"\x1b[<", b"\x9b", b"\xc2\x9b"),
        ]
    ),
    st.from_regex(rb"\A\x1b\[[<>=?]?[0-9:;]{0,12}[@-~]\Z"),
)


@given(st.lists(PIECES, max_size=20).map(b"".join), st.lists(st.integers(0, 300), max_size=12))
def test_any_bytes_mean_the_same_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    places = sorted({min(cut, len(data)) for cut in cuts})
    pieces = [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    assert read(*pieces) == read(data)
    for one in read(data):
        if isinstance(one, str):
            controls = {c for c in one if ord(c) < 32 or c == "\x7f"}
            assert controls <= {"\t", "\n", "\r"}
            one.encode()  # no half of a pair


@given(st.lists(PIECES, max_size=20))
def test_any_bytes_with_any_pauses_are_no_fault(pieces: list[bytes]) -> None:
    source = TerminalInput()
    for piece in pieces:
        source.feed(piece)
        if source.patience is not None:
            source.give_up()
    for _ in range(3):
        source.give_up()
    assert source.patience is None
    assert meant(source.feed(b"\x11"))[-1] == ("ctrl+q",)
