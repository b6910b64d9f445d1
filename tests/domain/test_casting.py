from dataclasses import replace

from chimera_tui.domain.casting import cast_of, recast, seated
from chimera_tui.domain.conversation import Assignment, Conversation
from chimera_tui.domain.persona import Persona
from tests.fakes import a_conversation, a_persona


def names(conversation: Conversation) -> list[tuple[str, str]]:
    return [(a.persona.slug, a.persona.name) for a in conversation.cast]


def joined(conversation: Conversation, *personas: Persona) -> Conversation:
    for persona in personas:
        newcomer = Assignment(persona=seated(persona, conversation))
        conversation = replace(conversation, cast=(*conversation.cast, newcomer))
    return conversation


def test_the_second_of_a_persona_is_a_twin_with_a_name_of_its_own() -> None:
    ada = a_persona("Ada")
    assert names(joined(a_conversation("Ada"), ada, ada)) == [
        ("ada", "The Ada"),
        ("ada~2", "The Ada 2"),
        ("ada~3", "The Ada 3"),
    ]


def test_a_twin_knows_whom_it_copies() -> None:
    twin = seated(a_persona("Ada"), a_conversation("Ada"))
    assert twin.original == "ada"
    assert seated(twin, a_conversation("Bob")).slug == "ada"


def test_another_persona_of_the_same_name_gets_a_number() -> None:
    other = replace(a_persona("Ada"), slug="my-ada")
    assert names(joined(a_conversation("Ada"), other))[1] == ("my-ada", "The Ada 2")


def test_nobody_is_called_as_the_human_is() -> None:
    user, zoe = (replace(a_persona(name), name=name) for name in ("User", "zoe"))
    cast = cast_of([Assignment(persona=user), Assignment(persona=zoe)], "Zoe")
    assert [a.persona.name for a in cast] == ["User 2", "zoe 2"]


def test_a_new_definition_reaches_twins_too_and_keeps_their_names_apart() -> None:
    room = joined(a_conversation("Ada", "Bob"), a_persona("Ada"))
    wise = replace(a_persona("Ada"), name="The Sage", prompt="You are wise.")

    cast = recast(room, wise)

    assert names(replace(room, cast=cast)) == [
        ("ada", "The Sage"),
        ("bob", "The Bob"),
        ("ada~2", "The Sage 2"),
    ]
    assert [a.persona.prompt for a in cast][::2] == ["You are wise."] * 2
    assert recast(replace(room, cast=cast), wise) == cast
