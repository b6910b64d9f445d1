"""Cards in the shapes of other programs, made here: what each wrote in its time, and how messy."""

import base64
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from chimera_tui.formats.cards.png import SIGNATURE, portrait

SIX = {
    "name": "Mira Voss",
    "description": "{{char}} keeps the lighthouse at Grey Point. She counts ships, not days.",
    "personality": "patient, dry, observant",
    "scenario": "A storm has cut the road, and {{user}} has knocked at the door.",
    "first_mes": "*She lifts the lamp.* You are late, {{user}}. The sea was not.",
    "mes_example": "<START>\n{{user}}: Is it safe?\n{{char}}: It is a door, no more.\n",
}
"""The fields of V1, as most of the cards below have them."""

V2_REST: dict[str, Any] = {
    "creator_notes": "<h1>Best with a long context</h1>",
    "system_prompt": "",
    "post_history_instructions": "",
    "alternate_greetings": ["The lamp is out. Come in."],
    "tags": ["Sea", "Original Character"],
    "creator": "someone",
    "character_version": "1.2",
    "extensions": {},
}
BOOK: dict[str, Any] = {
    "name": "Grey Point",
    "scan_depth": 3,
    "token_budget": 400,
    "recursive_scanning": False,
    "extensions": {},
    "entries": [
        {
            "keys": ["lamp", "light"],
            "content": "The lamp burns whale oil.",
            "extensions": {"position": 1, "probability": 100},
            "enabled": True,
            "insertion_order": 10,
            "case_sensitive": False,
            "id": 1,
            "comment": "the lamp",
            "selective": False,
            "secondary_keys": [],
            "constant": False,
            "position": "after_char",
        },
        {
            "keys": ["keeper"],
            "secondary_keys": ["storm", "night"],
            "selective": True,
            "content": "The last keeper vanished in such a night.",
            "extensions": {},
            "enabled": True,
            "insertion_order": 5,
        },
    ],
}


def coded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(*chunks: bytes) -> bytes:
    """A small picture with these chunks before its end."""
    drawn = portrait(3, b"corpus")
    return drawn[:-12] + b"".join(chunks) + drawn[-12:]


def text_chunk(keyword: str, value: object) -> bytes:
    return chunk(b"tEXt", keyword.encode() + b"\0" + base64.b64encode(coded(value)))


def charx(
    card: object,
    others: Mapping[str, bytes] | None = None,
    packing: int = zipfile.ZIP_DEFLATED,
) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, body in (others or {}).items():
            archive.writestr(name, body)
        archive.writestr("card.json", coded(card))
    return file.getvalue()


def patched(archive: bytes, mark: bytes, offset: int, value: bytes) -> bytes:
    """The archive with other bytes behind the last `mark`."""
    at = archive.rindex(mark) + offset
    return archive[:at] + value + archive[at + len(value) :]


def v2(**data: Any) -> dict[str, Any]:
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": SIX | V2_REST | data}


def v3(**data: Any) -> dict[str, Any]:
    more = {"group_only_greetings": [], "nickname": "Mira", "creation_date": 1_700_000_000}
    return {
        "spec": "chara_card_v3",
        "spec_version": "3.0",
        "data": SIX | V2_REST | more | data,
    }


def _tavern_v1_png() -> bytes:
    return png(text_chunk("chara", SIX | {"avatar": "none", "chat": "Mira - 2023-2-1"}))


def _sillytavern_v2_png() -> bytes:
    """As it is exported: V1 fields on top, `chara` and `ccv3` with the same data."""
    top = {
        "avatar": "../../../etc/passwd",
        "chat": "Mira - 2024-5-6 @10h 11m 12s 13ms",
        "create_date": "2024-5-6 @10h 11m 12s 13ms",
        "creatorcomment": "on top",
        "talkativeness": "0.3",
        "fav": True,
        "tags": ["Sea"],
    }
    st = {
        "talkativeness": "0.7",
        "fav": False,
        "world": "Grey Point",
        "depth_prompt": {"prompt": "It is cold.", "depth": 4, "role": "system"},
        "regex_scripts": [{"id": "x", "findRegex": "/(a+)+$/", "replaceString": "b"}],
    }
    old = top | SIX | v2(extensions=st, character_book=BOOK)
    new = top | SIX | v2(extensions=st, character_book=BOOK, group_only_greetings=["Not you all."])
    new |= {"spec": "chara_card_v3", "spec_version": "3.0"}
    return png(text_chunk("chara", old), text_chunk("ccv3", new))


def _chub_v2() -> bytes:
    chub = {
        "chub": {
            "id": 123,
            "full_path": "someone/mira-voss",
            "expressions": None,
            "related_lorebooks": [],
            "background_image": "https://example.org/a.png",
        }
    }
    html = '<div style="color:red"><b>Mira</b> lives here.<br><img src="x.png">Alone.</div>'
    data = v2(
        description=html,
        extensions=chub,
        character_book=BOOK,
        avatar="https://example.org/a.webp",
        system_prompt="Write as {{char}}. {{original}}",
        tags=["NSFW", 7, None, "Sea"],
    )
    return coded(data)


def _risu_v3() -> bytes:
    assets = [
        {"type": "icon", "name": "main", "uri": "ccdefault:", "ext": "png"},
        {"type": "x-risu-asset", "name": "wave", "uri": "embeded://assets/a.png", "ext": "png"},
        {"type": "emotion", "name": "calm", "uri": "file:///etc/passwd", "ext": "png"},
    ]
    risu = {"risuai": {"bias": [], "viewScreen": "none", "customScripts": [], "utilityBot": False}}
    return coded(v3(assets=assets, extensions=risu, source=["risurealm:1"], character_book=BOOK))


def _risu_charx() -> bytes:
    pictures = {"assets/icon/main.png": png(), "module.risum": b"\x6f\0" + bytes(400)}
    return charx(json.loads(_risu_v3()), pictures)


def _risu_charx_in_a_jpeg() -> bytes:
    return b"\xff\xd8\xff\xe0" + bytes(300) + b"\xff\xd9" + _risu_charx()


def _risu_png() -> bytes:
    asset = chunk(b"tEXt", b"chara-ext-asset_:0\0" + base64.b64encode(b"picture"))
    return png(asset, text_chunk("ccv3", json.loads(_risu_v3())))


def _agnai() -> bytes:
    return coded(
        {
            "_id": "5f",
            "kind": "character",
            "name": "Mira Voss",
            "description": "A note of the author",
            "appearance": "grey coat",
            "persona": {
                "kind": "boostyle",
                "attributes": {"personality": ["patient", "dry"], "trade": ["lighthouse keeper"]},
            },
            "greeting": SIX["first_mes"],
            "scenario": SIX["scenario"],
            "sampleChat": "{{char}}: It is a door.",
            "tags": ["sea"],
            "characterBook": {
                "kind": "memory",
                "name": "b",
                "entries": [
                    {"name": "lamp", "entry": "Oil.", "keywords": ["lamp"], "enabled": True}
                ],
            },
        }
    )


def _faraday_data() -> dict[str, Any]:
    return {
        "character": {
            "id": "c1",
            "aiDisplayName": "Mira Voss",
            "aiName": "Mira",
            "aiPersona": SIX["description"],
            "basePrompt": "Text transcript of a conversation between {user} and {character}.",
            "scenario": SIX["scenario"],
            "firstMessage": SIX["first_mes"],
            "customDialogue": "#{character}: It is a door.",
            "grammar": None,
            "isNSFW": False,
            "model": "llama.gguf",
            "temperature": 1.2,
            "loreItems": [{"id": "l", "order": "0", "key": "lamp, oil", "value": "Whale oil."}],
        },
        "version": 4,
    }


def _faraday_png() -> bytes:
    """Backyard, once Faraday: base64 in the Exif data."""
    card = base64.b64encode(coded(_faraday_data()))
    return png(chunk(b"eXIf", b"II*\0\x08\0\0\0ASCII\0\0\0" + card + b"\0"))


def _pygmalion() -> bytes:
    """text-generation-webui and Pygmalion: other names, and the text style of its time."""
    style = '[Character("Mira Voss")\n{Mind("patient" + "dry")\nTrade("keeper")}]'
    return coded(
        {
            "char_name": "Mira Voss",
            "char_persona": style,
            "char_greeting": SIX["first_mes"],
            "world_scenario": SIX["scenario"],
            "example_dialogue": "<START>\nYou: Is it safe?\nMira Voss: It is a door.",
        }
    )


def _webui_context() -> bytes:
    return coded({"name": "Mira Voss", "greeting": "Late.", "context": SIX["description"]})


def _v2_without_data() -> bytes:
    return coded({"spec": "chara_card_v2", "spec_version": "2.0"} | SIX)


def _data_without_spec() -> bytes:
    return coded({"data": SIX})


def _wrong_types() -> bytes:
    return coded(
        v2(
            description=["She keeps the light.", "She waits."],
            personality=None,
            scenario={"place": "shore"},
            first_mes=42,
            tags="sea, storm",
            alternate_greetings="Hello",
            extensions=[],
            character_book="none",
            talkativeness="often",
        )
    )


def _messy_json() -> bytes:
    text = (
        '{"name":"Mira Voss","description":"one","description":"She keeps\tthe light.\nAlways.",'
        '"personality":"","first_mes":"Late.","score":NaN,"big":-Infinity,"long":'
        + "9" * 5000
        + ',"huge":1e999,"half":"\\ud83d"}'
    )
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()


def _latin_1() -> bytes:
    return '{"name":"Zoë","description":"Zoë keeps the café."}'.encode("latin-1")


def _utf_16() -> bytes:
    return json.dumps(SIX).encode("utf-16")


def _huge_texts() -> bytes:
    return coded(
        v2(
            name="Mira " * 400,
            description="She counts ships. " * 60_000,
            first_mes="Late again. " * 5_000,
            mes_example="<START>\n{{char}}: No.\n" * 5_000,
            tags=[f"tag {n}" for n in range(500)],
        )
    )


def _paths_everywhere() -> bytes:
    evil = "../../../../etc/cron.d/evil"
    return coded(
        v3(
            name=evil,
            nickname="C:\\Windows\\System32\\CON",
            creator=evil,
            character_version=evil,
            assets=[{"type": "icon", "name": evil, "uri": f"file://{evil}", "ext": evil}],
            extensions={
                "chimera": {
                    "slug": evil,
                    "base_url": "http://203.0.113.9/v1",
                    "api_key": "env:HOME",
                    "model": "openai/gpt; rm -rf",
                    "emoji": "../",
                    "temperature": "inf",
                    "colour": 99,
                    "category": "x\ny",
                }
            },
        )
    )


def _ztxt() -> bytes:
    body = zlib.compress(base64.b64encode(coded(v2())))
    return png(chunk(b"zTXt", b"chara\0\0" + body))


def _itxt() -> bytes:
    body = base64.b64encode(coded(v3()))
    return png(chunk(b"iTXt", b"CCV3\0\0\0en\0\0" + body))


def _two_chunks_one_bad() -> bytes:
    return png(text_chunk("chara", v2()), chunk(b"tEXt", b"ccv3\0not base64!"))


def _raw_json_in_a_chunk() -> bytes:
    return png(chunk(b"tEXt", b"chara\0" + coded(SIX)))


def _only_a_name() -> bytes:
    return coded({"name": "Mira Voss", "description": "", "first_mes": None})


def _list_of_one() -> bytes:
    return coded([v2()])


def _newer_version() -> bytes:
    return coded(v3(future={"a": [1]}) | {"spec_version": "3.4"})


def _world_info_inside() -> bytes:
    """SillyTavern's own world info where a card's book should be."""
    entry = {
        "uid": 0,
        "key": ["lamp"],
        "keysecondary": [],
        "comment": "",
        "content": "Oil.",
        "constant": False,
        "selective": True,
        "order": 100,
        "position": 0,
        "disable": False,
    }
    off = entry | {"uid": 1, "disable": True}
    return coded(v2(character_book={"entries": {"0": entry, "1": off, "2": None}}))


SHAPES: Mapping[str, Callable[[], bytes]] = {
    "TavernAI V1, PNG": _tavern_v1_png,
    "V1, JSON": lambda: coded(SIX),
    "SillyTavern V2 and V3, PNG": _sillytavern_v2_png,
    "Chub V2, JSON with HTML": _chub_v2,
    "RisuAI V3, JSON": _risu_v3,
    "RisuAI V3, PNG with assets": _risu_png,
    "RisuAI V3, CHARX": _risu_charx,
    "RisuAI V3, CHARX in a JPEG": _risu_charx_in_a_jpeg,
    "CHARX, not packed": lambda: charx(v3(), packing=zipfile.ZIP_STORED),
    "Agnai, JSON": _agnai,
    "Faraday and Backyard, JSON": lambda: coded(_faraday_data()),
    "Faraday and Backyard, PNG (Exif)": _faraday_png,
    "Pygmalion, JSON": _pygmalion,
    "text-generation-webui, JSON": _webui_context,
    "V2 without data": _v2_without_data,
    "data without spec": _data_without_spec,
    "wrong types": _wrong_types,
    "NaN, two keys, BOM, CRLF, half a surrogate": _messy_json,
    "Latin-1": _latin_1,
    "UTF-16": _utf_16,
    "huge texts": _huge_texts,
    "paths and keys in every field": _paths_everywhere,
    "PNG, zTXt": _ztxt,
    "PNG, iTXt with a keyword in capitals": _itxt,
    "PNG, ccv3 broken and chara whole": _two_chunks_one_bad,
    "PNG, JSON that is not coded": _raw_json_in_a_chunk,
    "only a name": _only_a_name,
    "a list of one card": _list_of_one,
    "V3.4": _newer_version,
    "world info as its book": _world_info_inside,
}
"""All that must be read, by what it is."""


def _bad_crc() -> bytes:
    whole = _tavern_v1_png()
    at = whole.index(b"chara")
    return whole[: at + 20] + b"A" + whole[at + 21 :]


def zeros(mebibytes: int) -> bytes:
    """So many MiB of zeros, packed (raw)."""
    packer = zlib.compressobj(9, wbits=-15)
    piece = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * mebibytes + packer.flush()


def _bomb() -> bytes:
    """1 GB in 1 MB."""
    return png(chunk(b"zTXt", b"chara\0\0\x78\xda" + zeros(1024)))


def _charx_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.json", bytes(1 << 20) * 20)
    return file.getvalue()


def _liar() -> bytes:
    """A CHARX that says its card is small."""
    bomb = bytearray(_charx_bomb())
    at = bomb.rindex(b"PK\1\2")
    bomb[at + 24 : at + 28] = struct.pack("<I", 100)
    return bytes(bomb)


def _million_members() -> bytes:
    one = b"PK\1\2" + bytes(42)
    count = 1_400_000
    end = struct.pack("<4s4xHHIIH", b"PK\5\6", 65_535, 65_535, count * len(one), 0, 0)
    return one * count + end


TOO_MANY = "more values than a card can have"
BAD: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "is empty"),
    "not JSON": (lambda: b"Once upon a time", "holds no readable JSON"),
    "a list": (lambda: b"[1, 2]", "holds no character"),
    "a number": (lambda: b"7", "holds no character"),
    "no character": (lambda: b'{"a": 1}', "holds no character"),
    "a lorebook": (lambda: coded({"entries": {}}), "is a lorebook"),
    "a V3 lorebook": (lambda: coded({"spec": "lorebook_v3", "data": BOOK}), "is a lorebook"),
    "deep lists": (lambda: b"[" * 300_000, "nested too deeply"),
    "deep enough to be parsed": (
        lambda: b'{"name":"a","description":' + b"[" * 200 + b"]" * 200 + b"}",
        "nested too deeply",
    ),
    "too much JSON": (lambda: coded({"name": "x" * (5 << 20)}), "more than 4 MiB"),
    "many small objects": (lambda: b"[" + b"{}," * 1_300_000 + b"{}]", TOO_MANY),
    "many numbers": (lambda: b"[" + b"1," * 2_000_000 + b"1]", TOO_MANY),
    "many lists": (lambda: b"[" + (b"[" * 50 + b"]" * 50 + b",") * 40_000 + b"1]", TOO_MANY),
    "as many keys as may be": (
        lambda: b"[" + b",".join(b'{"":0}' for _ in range(390_000)) + b"]",
        "holds no character",
    ),
    "as many lists as may be": (
        lambda: b"[" + (b"[" * 50 + b"]" * 50 + b",") * 7_900 + b"1]",
        "holds no character",
    ),
    "JPEG": (lambda: b"\xff\xd8\xff\xe0" + bytes(100), "is a picture, but no PNG"),
    "WEBP": (lambda: b"RIFF\x10\0\0\0WEBP" + bytes(10), "is a picture, but no PNG"),
    "PNG without a card": (png, "without a card"),
    "PNG with a wrong sum": (_bad_crc, "the sum of its card is wrong"),
    "PNG cut short": (lambda: _tavern_v1_png()[:200], "ends too early"),
    "PNG with a length of 2^31": (
        lambda: SIGNATURE + b"\x80\0\0\0tEXtchara\0e30=",
        "ends too early",
    ),
    "PNG, bomb of 1 GB": (_bomb, "would fill the memory"),
    "PNG, broken zTXt": (lambda: png(chunk(b"zTXt", b"chara\0\0xx")), "cannot be unpacked"),
    "PNG, 100,000 chunks": (lambda: png(chunk(b"tIME", b"") * 100_000), "in more than 20,000"),
    "PNG, bad base64": (lambda: png(chunk(b"tEXt", b"chara\0!!!!")), "no base64"),
    "PNG, deep JSON": (
        lambda: png(chunk(b"tEXt", b"chara\0" + base64.b64encode(b"[" * 100_000))),
        "nested too deeply",
    ),
    "PNG, too large": (lambda: png() + bytes(8 << 20), "larger than 8 MiB"),
    "CHARX without a card": (
        lambda: charx({}).replace(b"card.json", b"cart.json"),
        "without a `card.json`",
    ),
    "CHARX, bomb": (_charx_bomb, "more than 4 MiB"),
    "CHARX, bomb that lies": (_liar, "would fill the memory"),
    "CHARX, a million members": (_million_members, "without a `card.json`"),
    "CHARX cut short": (lambda: _risu_charx()[300:], "is a damaged archive"),
    "CHARX, encrypted": (lambda: patched(charx(SIX), b"PK\1\2", 8, b"\1"), "is encrypted"),
    "CHARX, packed otherwise": (
        lambda: patched(charx(SIX), b"PK\1\2", 10, b"\x63"),
        "in a way that is not known",
    ),
    "CHARX, wrong sum": (
        lambda: patched(charx(SIX), b"PK\1\2", 16, b"\0\0\0\0"),
        "the sum of its card is wrong",
    ),
    "CHARX, no such member": (
        lambda: patched(charx(SIX), b"PK\1\2", 42, b"\xff\xff\0\0"),
        "is a damaged archive",
    ),
    "CHARX, longer than the file": (
        lambda: patched(charx(SIX), b"PK\1\2", 20, b"\xff\xff\xff\x7f"),
        "is a damaged archive",
    ),
    "CHARX, no directory": (
        lambda: patched(charx(SIX), b"PK\1\2", 0, b"XXXX"),
        "is a damaged archive",
    ),
    "CHARX, directory before the file": (
        lambda: patched(charx(SIX), b"PK\5\6", 12, b"\xff\xff\0\0"),
        "is a damaged archive",
    ),
    "CHARX, too large": (lambda: bytes(64 << 20) + charx(SIX), "larger than 64 MiB"),
}
"""All that must be refused, by what it is: the file, and what its error says."""
