"""The SDKs log requests, with headers and all, if the environment asks them to: not with us."""

import logging

LOGGERS = (
    "anthropic", "google_genai", "httpcore", "httpcore2", "httpx", "httpx2", "ollama", "openai",
)  # fmt: skip


def keep_quiet() -> None:
    """Let nothing that an SDK logs reach stderr, whatever `OPENAI_LOG` and its like say.

    It would stand in the middle of the screen, and hold keys and what people wrote.
    """
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
