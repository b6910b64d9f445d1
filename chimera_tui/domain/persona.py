"""A character that can be cast."""

from dataclasses import astuple, dataclass

TWIN = "~"
"""Between a slug of the library and the number of a twin; no file may be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A character: one TOML file; how it speaks, and what it looks like."""

    slug: str
    """The name of its file, without the ending; identifies it."""
    name: str
    """The full name ("The Philosopher"): stands in prompts, labels and message heads."""
    emoji: str
    colour: int
    """Preferred hue, 1 to 12 (the palette of the themes)."""
    category: str
    one_line: str
    prompt: str
    """What becomes the heart of the system message."""
    temperature: float = 0.8
    words: int = 100
    """How long its turns are meant to be, in words."""
    talkativeness: float = 0.5
    """0 to 1; 0 speaks only when addressed."""
    traits: tuple[str, ...] = ()
    expertise: tuple[str, ...] = ()
    greeting: str = ""
    model: str = ""
    """The `provider/model` that plays it where nobody assigned one and it can be asked, or empty.
    """
    tags: tuple[str, ...] = ()

    @property
    def original(self) -> str:
        """The slug of the library: that of a twin is the slug of whom it copies."""
        return self.slug.partition(TWIN)[0]

    @property
    def short_name(self) -> str:
        """The name without its article, for narrow lists."""
        return self.name.removeprefix("The ")

    @property
    def version(self) -> str:
        """Names this definition: another word in the prompt is another version (12 hex digits)."""
        import hashlib  # noqa: PLC0415 - not before the first paint

        return hashlib.sha256(repr(astuple(self)).encode()).hexdigest()[:12]
