"""What many personas cost: loading them, looking for changes, and the first paint.

`python -m bench library` prints it. Times of the library are CPU times, the least of several.
"""

import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figure import Figure, in_ms
from bench.start import OURS, a_home, starts
from chimera_tui.library.library import Library, builtin_folder

MANY = 2000
REPEATS = 5


def least(work: Callable[[], object]) -> float:
    """CPU seconds of `work`, the least of several."""
    times: list[float] = []
    for _ in range(REPEATS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


def a_folder(place: Path, count: int) -> Path:
    """Make a folder of so many personas: the built-in ones, again and again."""
    place.mkdir(parents=True)
    texts = [path.read_text(encoding="utf-8") for path in sorted(builtin_folder().glob("*.toml"))]
    for number in range(count):
        (place / f"persona-{number:05}.toml").write_text(
            texts[number % len(texts)], encoding="utf-8"
        )
    return place


def parsed(folder: Path) -> list[object]:
    """The bare minimum: read the files and parse them, check nothing."""
    return [tomllib.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.toml")]


def report() -> Iterator[Figure]:
    """Measure everything."""
    with TemporaryDirectory() as name:
        builtin, many = builtin_folder(), a_folder(Path(name) / "personas", MANY)
        count = len(Library.load(builtin))
        few_s = least(lambda: Library.load(builtin))
        bare_s = least(lambda: parsed(builtin))
        yield in_ms(f"library: load {count}, beside parsing alone", few_s, bare_s, 2.0)
        many_s = least(lambda: Library.load(many))
        yield in_ms(
            f"library: load {MANY}, beside {count} so often", many_s, few_s * MANY / count, 1.3
        )
        library = Library.load(many)
        look_s = least(library.reload_changed)
        yield in_ms(f"library: look for changes of {MANY}, beside load", look_s, many_s, 0.05)
    with a_home() as few, a_home() as much:
        a_folder(Path(much["XDG_CONFIG_HOME"]) / "chimera-tui" / "personas", MANY)
        alone, beside = starts((OURS, few), (OURS, much))
        yield in_ms(f"library: first paint with {MANY} of your own", beside, alone, 1.1)
