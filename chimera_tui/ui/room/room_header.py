"""The head of a room: what it is called, how it is, what it has used."""

from textual.content import Content

from chimera_tui.domain.text import one_line
from chimera_tui.ui.kit.blocks import Block, Part, line, split, state
from chimera_tui.ui.kit.costs import NEARLY, budget_label
from chimera_tui.ui.room.room_state import RoomState

WIDE, NORMAL = 120, 80
"""Columns of the terminal from which on there is room for all, and for most."""
DEMO_CHIP: Part = (" DEMO ", "bold $on-primary on $accent")


class RoomHeader(Block):
    """Title at the left; mode, state, turns, tokens and cost at the right."""

    scene: RoomState | None = None

    def show(self, scene: RoomState) -> None:
        """Draw how `scene` is now."""
        self.scene = scene
        self.refresh()

    def lines(self, width: int) -> list[Content]:
        """One line; the less there is room for, the fewer facts."""
        columns = self.app.size.width
        brand: list[Part] = [("◆ ", "$primary")]
        if columns >= WIDE or self.scene is None:
            brand += [("chimera", "$muted"), "    "]
        if self.scene is None:
            return [line(*brand)]
        title = one_line(self.scene.conversation.title)
        facts = _facts(self.scene, columns)
        gap = "    " if columns >= WIDE else "  "
        return [split(line(*brand, (title, "bold")), Content(gap).join(facts), width)]


def _facts(scene: RoomState, columns: int) -> list[Content]:
    conversation, totals = scene.conversation, scene.totals
    facts: list[Content] = []
    if columns >= WIDE:
        facts.append(line((conversation.mode.replace("_", " "), "$muted")))
    if conversation.is_demo:
        facts.append(line(DEMO_CHIP))
    facts.append(line(state(scene.state, word=scene.state_word)))
    turn: list[Part] = [str(scene.saved.auto_turns), (f"/{conversation.turn_limit}", "$muted")]
    if columns >= NORMAL:
        turn.insert(0, ("turn ", "$muted"))
    facts.append(line(*turn))
    if columns >= WIDE:
        facts.append(line(totals.tokens_label, (" tok", "$muted")))
    if columns >= NORMAL:
        facts.append(_cost(scene))
    return facts


def _cost(scene: RoomState) -> Content:
    """What was spent, of how much if there is a budget."""
    if (budget := scene.budget.cost) is None:
        return line(scene.cost_label)
    spent, of, limit = budget_label(scene.saved.spent.cost, budget).partition(" of ")
    is_near = scene.saved.spent.cost >= NEARLY * budget
    return line((spent, "$warning" if is_near else ""), (of + limit, "$muted"))
