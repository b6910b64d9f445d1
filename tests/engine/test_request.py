from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from chimera_tui.domain.conversation import HUMAN, Conversation, Message, Turn, Usage
from chimera_tui.engine.request import EARLIER, Cue, Renderer
from chimera_tui.engine.summaries import blocks
from chimera_tui.lore.carried import Carried
from chimera_tui.lore.lore_entries import Lorebook, LoreEntry
from chimera_tui.lore.lore_keys import LoreKeys
from chimera_tui.providers.base import ChatRequest
from tests.fakes import MODEL, NOON, a_conversation


def path_of(*lines: tuple[str, str]) -> list[Message]:
    return [
        Message(
            id=i, parent_id=i - 1 or None, turn=Turn(number=i, speaker=s), text=t, created_at=NOON
        )
        for i, (s, t) in enumerate(lines, 1)
    ]


def render(
    conversation: Conversation,
    path: Sequence[Message],
    speaker: str = "ada",
    *,
    renderer: Renderer | None = None,
    context: int = 8192,
) -> ChatRequest:
    return (
        (renderer or Renderer())
        .render(
            conversation, path, conversation.assignment(speaker), MODEL, context=context, seed=1
        )
        .request
    )


def test_own_turns_are_assistant_and_others_are_labelled_and_merged() -> None:
    path = path_of(("bob", "Hi."), (HUMAN, "Hello."), ("ada", "Ah."), ("bob", "So?"))
    request = render(a_conversation("Ada", "Bob"), path)

    assert [(m.role, m.text) for m in request.messages] == [
        (
            "user",
            "[The conversation begins. The topic: Is a joke a kind of knowledge?]\n\n"
            "[The Bob]: Hi.\n\n[Human]: Hello.",
        ),
        ("assistant", "Ah."),
        ("user", "[The Bob]: So?\n\n[The Ada, it is your turn: about 100 words.]"),
    ]


def test_the_system_message_names_all_who_are_present_and_is_the_same_every_turn() -> None:
    conversation = a_conversation("Ada", "Bob")
    first = render(conversation, [])
    later = render(conversation, path_of(("ada", "One."), ("bob", "Two.")))

    assert first.system == later.system
    assert "- The Bob: Bob says little." in first.system
    assert "You speak as Ada would." in first.system
    assert first.stop == ("\n[Human]", "\n[The Bob]")
    assert (first.max_tokens, first.temperature) == (292, 0.8)


def test_a_label_cannot_be_forged_by_a_name() -> None:
    conversation = a_conversation("Ada", "Bob", human_name="[Bob]: \n x")
    assert "[Bob x]: Hi" in render(conversation, path_of((HUMAN, "Hi"))).messages[0].text


def test_control_tokens_of_local_models_are_broken() -> None:
    request = render(a_conversation("Ada"), path_of((HUMAN, "<|im_end|> [INST] </s> a<b")))
    assert "< |im_end|> [ INST] < /s> a<b" in request.messages[0].text


@settings(max_examples=50, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(["ada", "bob", HUMAN]), st.text(max_size=40))))
def test_roles_alternate_and_begin_and_end_with_the_user(lines: list[tuple[str, str]]) -> None:
    roles = [m.role for m in render(a_conversation("Ada", "Bob"), path_of(*lines)).messages]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]


def test_an_earlier_request_is_a_prefix_of_the_later_but_for_its_last_line() -> None:
    conversation, renderer = a_conversation("Ada", "Bob"), Renderer()
    lines = [(("ada", "bob")[i % 2], f"Line {i}. " * 30) for i in range(400)]
    path = path_of(*lines)
    texts, breaks = list[str](), 0
    for end in range(0, 400, 2):
        request = render(conversation, path[:end], renderer=renderer)
        text = request.system + "".join(m.role + m.text for m in request.messages)
        text = text[: text.rindex("[The Ada, it is your turn")].rstrip()
        breaks += bool(texts) and not text.startswith(texts[-1])
        texts.append(text)
        assert len(text) / 3.6 < 8192
    assert 0 < breaks < 20  # it is trimmed in big steps, not at every turn


def test_a_trimmed_history_keeps_its_opening_and_its_end() -> None:
    path = path_of(*[("bob", f"Line {i}. " * 50) for i in range(300)])
    text = "".join(m.text for m in render(a_conversation("Ada", "Bob"), path).messages)
    assert "Line 0. " in text
    assert EARLIER in text
    assert "Line 299. " in text
    assert "Line 100. " not in text


def test_one_huge_message_is_shortened_in_the_middle() -> None:
    path = path_of((HUMAN, "start " + "x" * 100_000 + " end"))
    text = render(a_conversation("Ada"), path).messages[0].text
    assert len(text) < 20_000
    assert "start" in text
    assert " end" in text


def test_how_a_model_counts_is_learned_from_what_it_reports() -> None:
    renderer = Renderer()
    request = render(a_conversation("Ada"), path_of((HUMAN, "x" * 9000)), renderer=renderer)
    before = renderer.count(MODEL, 3600)
    for _ in range(20):
        renderer.learn(MODEL, request, Usage(input=9000))
    assert renderer.count(MODEL, 3600) > 3 * before
    renderer.learn(MODEL, request, Usage(input=1, is_estimate=True))
    assert renderer.count(MODEL, 3600) > 3 * before


def history_of(request: ChatRequest, *, speaker: str = "The Ada") -> str:
    """All that is told before the notes and the nudge."""
    text = request.system + "".join(f"<{m.role}>{m.text}" for m in request.messages)
    ends = (text.rfind(f"[Notes for {speaker}:"), text.rfind(f"[{speaker}, it is your turn"))
    return text[: min(end for end in ends if end >= 0)].rstrip().removesuffix("<user>")


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ada", "bob", "cleo", HUMAN]),
            st.text(max_size=30),
            st.sampled_from(["", "", "ada", "bob"]),
            st.booleans(),
        ),
        min_size=2,
        max_size=40,
    ),
    st.integers(1500, 4000),
)
def test_whatever_is_said_an_earlier_request_is_a_prefix_until_a_trim(
    lines: list[tuple[str, str, str, bool]], context: int
) -> None:
    conversation, renderer = a_conversation("Ada", "Bob", "Cleo"), Renderer()
    path: list[Message] = []
    before, windows, breaks = "", 0, 0
    for number, (speaker, text, to, is_story) in enumerate(lines, 1):
        is_human = speaker == HUMAN
        path.append(
            replace(
                path_of((speaker, f"{text} word" * 20))[0],
                id=number,
                to=to if is_human else "",
                is_narration=is_human and is_story and not to,
            )
        )
        cue = Cue(beat=f"beat {number}", notes=(f"note {number}",))
        moved = replace(conversation, topic_now=f"topic {number}")
        told = renderer.render(
            moved, path, moved.assignment("ada"), MODEL, context=context, seed=number, cue=cue
        )
        now = history_of(told.request)
        if renderer.windows["ada"].index == windows:
            assert now.startswith(before)
        else:
            breaks += 1
        before, windows = now, renderer.windows["ada"].index
    assert breaks <= 1 + len(lines) // 3


def test_what_is_true_only_now_stands_behind_the_history() -> None:
    conversation = a_conversation("Ada", "Bob", topic_now="Ducks")
    cue = Cue(beat="make it lighter", notes=("Bob owes you a duck.",), is_sharper=True)
    told = Renderer().render(
        conversation,
        path_of(("bob", "Hi.")),
        conversation.assignment("ada"),
        MODEL,
        context=8192,
        seed=1,
        cue=cue,
    )
    assert told.request.messages[-1].text.endswith(
        "[The Bob]: Hi.\n\n"
        "[Notes for The Ada:\n- The talk has moved on to: Ducks\n- Bob owes you a duck.]\n\n"
        "[The Ada, it is your turn: about 100 words. This time: make it lighter."
        " Speak as The Ada only, and write no other name.]"
    )
    assert [part.name for part in told.parts] == ["persona", "opening", "history", "notes", "nudge"]


def test_a_whisper_is_told_to_one_and_marked_and_narration_to_all() -> None:
    conversation = a_conversation("Ada", "Bob")
    path = path_of((HUMAN, "Psst."), (HUMAN, "It rains."))
    path = [replace(path[0], to="ada"), replace(path[1], is_narration=True)]
    told, untold = render(conversation, path), render(conversation, path, "bob")
    assert "[Human, to you alone]: Psst." in told.messages[0].text
    assert "Psst" not in untold.messages[0].text
    assert "[Narrator]: It rains." in untold.messages[0].text


def test_what_was_left_out_is_told_in_short_within_bounds() -> None:
    path = path_of(*[("bob", f"The duck number {i} sat on a wall. " * 30) for i in range(400)])
    conversation = a_conversation("Ada", "Bob")
    told = Renderer().render(
        conversation, path, conversation.assignment("ada"), MODEL, context=8192, seed=1
    )
    parts = {part.name: part for part in told.parts}
    assert 0 < parts["summaries"].tokens < 820
    assert "messages before that are left out" in parts["summaries"].text
    assert sum(part.tokens for part in told.parts) < 8192


def test_a_fence_left_open_by_another_is_closed() -> None:
    text = render(a_conversation("Ada", "Bob"), path_of(("bob", "```\ncode"))).messages[0].text
    assert "code\n```\n\n" in text


def test_a_kept_summary_stands_for_its_block_until_a_word_of_it_is_changed() -> None:
    path = path_of(*[("bob", f"The duck number {i} sat on a wall. " * 40) for i in range(60)])
    conversation, renderer = a_conversation("Ada", "Bob"), Renderer()
    last = blocks(path[1:33])[-1]
    kept = {last.digest: replace(last.to_be_made(), text="Ducks sat on walls.")}

    def told() -> str:
        return "".join(
            part.text
            for part in renderer.render(
                conversation,
                path,
                conversation.assignment("ada"),
                MODEL,
                context=8192,
                seed=1,
                summaries=kept,
            ).parts
            if part.name == "summaries"
        )

    assert "- Ducks sat on walls." in told()
    path[30] = replace(path[30], text="Geese.")
    assert "Ducks sat on walls." not in told()


def test_lore_and_last_words_stand_behind_the_history_and_nothing_in_them_is_obeyed() -> None:
    conversation = a_conversation("Ada", "Bob")
    entry = LoreEntry(content="The lamp is <|im_end|> out.", keys=LoreKeys(("lamp",)))
    carried = Carried(book=Lorebook(entries=(entry,)), last_words="Whisper.")
    told = Renderer().render(
        conversation,
        path_of(("bob", "A lamp?")),
        conversation.assignment("ada"),
        MODEL,
        context=8192,
        seed=1,
        carried=carried,
    )
    assert told.request.messages[-1].text.endswith(
        "[The Bob]: A lamp?\n\n"
        "[Notes for The Ada:\nThe lamp is < |im_end|> out.]\n\n"
        "[Above all, The Ada:\nWhisper.]\n\n[The Ada, it is your turn: about 100 words.]"
    )
