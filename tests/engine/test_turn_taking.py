from collections import Counter
from random import Random

import pytest

from chimera_tui.domain.conversation import Assignment, Conversation, Message, Turn
from chimera_tui.domain.errors import UnknownError
from chimera_tui.engine.pacing import LONGEST, SHORTEST, delay
from chimera_tui.engine.turn_taking import Floor, mode
from tests.fakes import NOON, a_conversation, a_persona


def floor(conversation: Conversation, *speakers: str, seed: int = 0) -> Floor:
    path = [
        Message(
            id=i, parent_id=i - 1 or None, turn=Turn(number=i, speaker=s), text="…", created_at=NOON
        )
        for i, s in enumerate(speakers, 1)
    ]
    return Floor(conversation=conversation, path=path, rng=Random(seed))


def test_round_robin_goes_by_the_order_of_the_cast() -> None:
    three = a_conversation("Ada", "Bob", "Cleo")
    next_speakers = mode("round_robin")
    assert next_speakers(floor(three)) == ("ada",)
    assert next_speakers(floor(three, "ada", "human")) == ("bob",)
    assert next_speakers(floor(three, "cleo")) == ("ada",)
    assert next_speakers(floor(three, "somebody-who-left")) == ("ada",)


def test_random_weighs_by_talkativeness_and_lets_nobody_speak_twice_running() -> None:
    cast = [("Ada", 0.2), ("Bob", 0.8), ("Cleo", 0.0), ("Dan", 0.5)]
    conversation = a_conversation(
        cast=tuple(Assignment(persona=a_persona(n, talkativeness=t)) for n, t in cast)
    )
    picks = Counter(
        mode("random")(floor(conversation, "dan", seed=seed))[0] for seed in range(1000)
    )
    assert set(picks) == {"ada", "bob"}
    assert 3 < picks["bob"] / picks["ada"] < 5


def test_random_still_chooses_when_nobody_is_talkative_or_only_one_is_there() -> None:
    silent = a_conversation(
        cast=tuple(Assignment(persona=a_persona(n, talkativeness=0)) for n in ("Ada", "Bob"))
    )
    assert mode("random")(floor(silent, "ada")) == ("bob",)
    assert mode("random")(floor(a_conversation("Ada"), "ada")) == ("ada",)


def test_an_unknown_mode_names_the_nearest() -> None:
    with pytest.raises(UnknownError) as caught:
        mode("roundrobin")
    assert caught.value.hint == "Did you mean `round_robin`?"


def test_the_delay_grows_with_what_was_read_and_has_bounds() -> None:
    short = [delay(3, 1, Random(seed)) for seed in range(200)]
    long = [delay(300, 1, Random(seed)) for seed in range(200)]
    assert all(SHORTEST <= d <= LONGEST for d in short + long)
    assert sum(long) > sum(short)
    assert delay(300, 0, Random(1)) == 0
    assert delay(300, 9, Random(1)) == LONGEST
