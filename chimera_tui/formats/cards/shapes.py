"""The shapes in which programs write characters, brought to the fields of V2 and V3."""

from collections.abc import Mapping
from typing import Any

from chimera_tui.formats.cards.json_reading import UnreadableError, table_of

V2 = "chara_card_v2"
V3 = "chara_card_v3"
VERSIONS = (1, 2, 3)
V1_FIELDS = ("name", "description", "personality", "scenario", "first_mes", "mes_example")
_LOREBOOK = (
    "is a lorebook, not a character",
    "`chimera-tui personas import FILE --into SLUG` lets a persona know it.",
)
CONTENT = (*V1_FIELDS, "system_prompt")
"""One of these must hold something, or there is no character."""
ALIASES: Mapping[str, tuple[str, ...]] = {
    "name": ("char_name", "aiDisplayName", "aiName", "title"),
    "description": ("char_persona", "aiPersona", "desc", "context", "definition"),
    "personality": ("char_personality",),
    "scenario": ("world_scenario",),
    "first_mes": ("char_greeting", "greeting", "firstMessage", "first_message"),
    "mes_example": ("example_dialogue", "sampleChat", "customDialogue", "exampleMessage"),
    "system_prompt": ("basePrompt", "systemPrompt"),
    "post_history_instructions": ("postHistoryInstructions",),
    "creator_notes": ("creatorcomment", "creatorNotes"),
    "alternate_greetings": ("alternateGreetings",),
    "character_book": ("characterBook", "loreItems", "globalLore", "lorebook"),
}
"""What text-generation-webui, Agnai, Faraday, RisuAI and old SillyTavern call a field."""


def fields_of(document: object) -> tuple[int, dict[str, Any]]:
    """Return the version of a card (1, 2 or 3) and its fields under the names of V2 and V3.

    Values are as they were: nothing is checked yet.

    Raises:
        UnreadableError: If the document holds no character.
    """
    if not isinstance(document, dict):
        raise UnreadableError("holds no character")
    inner = table_of(document, "data")
    spec = str(document.get("spec", "")).strip().lower()
    if spec.startswith("lorebook") or document.get("type") == "risu":
        raise UnreadableError(*_LOREBOOK)
    fields = _renamed(inner)
    if any(fields.get(key) for key in CONTENT):
        version = 3 if spec == V3 or str(document.get("spec_version", "")).startswith("3") else 2
        outer = _renamed({key: document[key] for key in document if key != "data"})
        for key in (*V1_FIELDS, "creator_notes", "tags"):
            if fields.get(key) is None and outer.get(key):
                fields[key] = outer[key]
    else:
        version = 1
        fields = _renamed(_flat(document), nothing=(None, ""))
    if not any(fields.get(key) for key in CONTENT):
        raise UnreadableError(*(_LOREBOOK if "entries" in fields else ("holds no character",)))
    return version, fields


def _flat(document: dict[str, Any]) -> dict[str, Any]:
    if isinstance(document.get("character"), dict):  # Faraday and Backyard
        return dict(document["character"])
    persona = document.get("persona")
    if isinstance(persona, dict | str):  # Agnai: its description is a note for people
        note = document.get("description")
        return document | {
            "description": _agnai(persona),
            "creator_notes": note,
            "persona": persona,
        }
    return dict(document)


def _agnai(persona: dict[str, Any] | str) -> str:
    """The text of a persona of Agnai: plain, or attributes with their values."""
    if isinstance(persona, str):
        return persona
    attributes = table_of(persona, "attributes")
    lines = []
    for name, values in attributes.items():
        words = [str(v) for v in values] if isinstance(values, list) else [str(values)]
        joined = ", ".join(words)
        lines.append(joined if name == "text" else f"{name}: {joined}")
    return "\n".join(lines)


def _renamed(fields: dict[str, Any], nothing: tuple[object, ...] = (None,)) -> dict[str, Any]:
    """The same fields, those with another name also under ours, if there is `nothing` there."""
    found = dict(fields)
    for ours, theirs in ALIASES.items():
        value = next((fields[name] for name in theirs if fields.get(name)), None)
        if value is not None and found.get(ours) in nothing:
            found[ours] = value
    return found
