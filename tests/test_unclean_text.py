"""No text of others reaches a widget uncleaned, or as markup.

Whatever is handed to these calls and attributes must be a literal, or made by `Content`,
`line`, `clean`, `one_line` or another maker of safe lines.
"""

import ast
from pathlib import Path

import pytest

import chimera_tui.ui

FOLDER = Path(chimera_tui.ui.__path__[0])
CALLS = {"Static", "Label", "Button", "notify", "add_row", "add_option", "add_options", "set_title"}
ATTRIBUTES = {"border_title", "border_subtitle", "tooltip", "sub_title", "placeholder"}
SAFE = {"Content", "line", "clean", "one_line", "Text", "fit", "keys", "assemble"}


def unclean(source: str) -> list[int]:
    """The lines in `source` that hand a widget what may be foreign."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _name(node.func) in CALLS:
            lines += [part.lineno for part in node.args[:1] if not _is_safe(part)]
        if isinstance(node, ast.Call):
            kinds = {"placeholder", "tooltip"} | ({"title"} if _name(node.func) in CALLS else set())
            named = [k for k in node.keywords if k.arg in kinds]
            lines += [k.value.lineno for k in named if not _is_safe(k.value)]
        if isinstance(node, ast.Assign):
            targets = [t for t in node.targets if isinstance(t, ast.Attribute)]
            if any(t.attr in ATTRIBUTES for t in targets) and not _is_safe(node.value):
                lines.append(node.lineno)
    return lines


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _is_safe(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return True
    if isinstance(value, ast.IfExp):
        return _is_safe(value.body) and _is_safe(value.orelse)
    return isinstance(value, ast.Call) and _name(value.func) in SAFE


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.py")), ids=lambda path: path.name)
def test_widgets_get_clean_text(path: Path) -> None:
    assert unclean(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "Static(name)",
        'Label(f"{title}")',
        "self.notify(str(error))",
        "table.add_row(model.name)",
        "self.border_title = title",
        "Input(placeholder=topic)",
    ],
)
def test_the_lint_sees_what_is_unclean(planted: str) -> None:
    assert unclean(planted) == [1]


@pytest.mark.parametrize("fine", ["Static('x')", "notify(clean(x))", "a.border_title = Content(x)"])
def test_the_lint_lets_clean_text_pass(fine: str) -> None:
    assert unclean(fine) == []
