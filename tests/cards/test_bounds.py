"""Whatever a file holds, reading it takes little time and memory: in a child with a limit."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import HANG
from tests.cards.corpus import BAD, SHAPES

CHILD = """
import json, resource, sys, time
from pathlib import Path
LIMIT = 256 * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
from chimera_tui.formats.cards.card import LONGEST_ARCHIVE
from chimera_tui.formats.cards.card_files import read_bytes
from chimera_tui.formats.cards.card_import import import_card
from chimera_tui.domain.errors import InvalidFileError
seconds = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    before = time.process_time()
    try:
        import_card(read_bytes(path, LONGEST_ARCHIVE), path)
    except InvalidFileError:
        pass
    seconds[path.name] = time.process_time() - before
print(json.dumps(seconds))
"""

UNTOUCHED = """
import sys
from pathlib import Path
from chimera_tui.formats.cards.card_export import CardKind, export_card
from chimera_tui.formats.cards.card_import import import_card
from tests import HANG
from tests.cards.corpus import SHAPES
cards = [make() for make in SHAPES.values()]
def run():
    for card in cards:
        imported = import_card(card, Path("/etc/passwd"))
        for kind in CardKind:
            export_card(imported.persona, kind, imported.card)
run()  # imports what is imported late
seen = []
IS_ON = True
sys.addaudithook(lambda event, args: seen.append((event, args)) if IS_ON else None)
run()
IS_ON = False
harmless = ("compile", "re.", "object.", "sys.", "gc.", "code.", "marshal.", "builtins.id")
print([one for one in seen if not one[0].startswith(harmless)])
"""


def test_f09_no_card_makes_the_program_open_anything() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", UNTOUCHED],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit to set")
def test_f07_f08_every_file_is_judged_at_once_and_in_256_mib(tmp_path: Path) -> None:
    makers = [make for make, _ in BAD.values()] + list(SHAPES.values())
    for number, make in enumerate(makers):
        (tmp_path / f"{number:03}").write_bytes(make())
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", CHILD, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr
    seconds: dict[str, float] = json.loads(done.stdout)
    assert len(seconds) == len(makers)
    assert max(seconds.values()) < HANG, seconds
