"""The providers of one person: where each is, with which key, what was exchanged with it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from chimera_tui.domain.errors import ChimeraError, UnknownError, UnprotectedError
from chimera_tui.domain.exchange import Exchange
from chimera_tui.domain.names import nearest
from chimera_tui.providers import faults, registry
from chimera_tui.providers.endpoint import Endpoint, normal
from chimera_tui.providers.proxy import proxy_of
from chimera_tui.providers.request_log import RequestLog
from chimera_tui.settings.key_text import cleaned
from chimera_tui.settings.keys import Keys, KeyState, origin
from chimera_tui.settings.settings import ProviderSettings, Settings


class Endpoints:
    """Puts together what settings, environment and kept keys say of each provider.

    What has to do with keys may block for three seconds: call it in a thread.

    Args:
        settings: The settings of the person.
        keys: The keys of the person.
        environ: The environment.
    """

    def __init__(self, settings: Settings, keys: Keys, environ: Mapping[str, str]) -> None:
        self.names = settings.names
        """All providers, those that are set and those that are known."""
        self._settings = settings
        self._keys = keys
        self._environ = dict(environ)  # variables may be hidden from an SDK just then
        self._allowed = set(_origins(settings.plain_http))
        self._exchanges = {name: RequestLog() for name in self.names}

    @property
    def notes(self) -> tuple[str, ...]:
        """See `Keys.notes`."""
        return self._keys.notes

    def find(self, name: str) -> Endpoint:
        """Say where a provider is, with its key as it is now.

        Raises:
            UnknownError: If there is none of this name.
            UnprotectedError: If nobody has allowed to speak to it unprotected.
            ChimeraError: If its address, or the proxy on the way there, is wrong.
        """
        at = self._place(name)
        self._must_be_allowed(at)
        key = self._keys.find(name, at.address, self._variables(name))
        return replace(
            at,
            key=key.value if key else "",
            key_place=key.where if key else "",
            proxy=proxy_of(at.address, self._environ),
            exchanges=self._exchanges[name],
        )

    def exchanges(self, name: str) -> tuple[Exchange, ...]:
        """What was sent to a provider last and what came back, the newest last."""
        return self._exchanges[name].last() if name in self._exchanges else ()

    def key_state(self, name: str) -> KeyState:
        """Say where the key of a provider lies, and its end.

        Raises:
            UnknownError: If there is no provider of this name.
        """
        try:
            address = self._place(name).address
        except UnknownError:
            raise
        except ChimeraError:
            address = ""
        variables = self._variables(name)
        key = self._keys.find(name, address, variables)
        return KeyState(
            provider=name,
            title=registry.service(name).title,
            address=address,
            variables=variables,
            source=key.source if key else None,
            place=key.place if key else "",
            end=key.end if key else "",
            elsewhere="" if key else self._keys.bound_elsewhere(name, address),
        )

    def keep_key(self, name: str, text: str) -> KeyState:
        """Keep a key for a provider at its present address.

        Returns:
            Which key counts now: one in the environment goes before the one that was kept.

        Raises:
            UnknownError: If there is no provider of this name.
            ChimeraError: If it has no address, or this can be no key, or is one of another service,
                or it cannot be kept.
        """
        at = replace(self._place(name), key=cleaned(text))
        if foreign := faults.foreign_key(at):
            raise foreign
        self._keys.keep(name, at.address, at.key)
        return self.key_state(name)

    def forget_key(self, name: str) -> bool:
        """Forget the kept key of a provider; return whether there was one.

        Raises:
            ChimeraError: If what keeps it cannot be changed.
        """
        return self._keys.forget(name)

    def allow(self, unprotected: str) -> tuple[str, ...]:
        """Let an address be spoken to unprotected; return all that are allowed now."""
        self._allowed.add(unprotected)
        return tuple(sorted(self._allowed))

    def _must_be_allowed(self, at: Endpoint) -> None:
        """Plain http to another machine: whoever is in that network reads along.

        Raises:
            UnprotectedError: If nobody has allowed it.
        """
        place = origin(at.address)
        if at.is_exposed and place not in self._allowed:
            raise UnprotectedError(
                f"{at.title} at {place} is spoken to unprotected: others in that network can read "
                "along.",
                origin=place,
                hint=f'If you trust it, write `plain_http = ["{place}"]` into the settings.',
            )

    def _place(self, name: str) -> Endpoint:
        if name not in self.names:
            raise UnknownError(f"There is no provider `{name}`.", hint=nearest(name, self.names))
        own = self._own(name)
        return registry.endpoint(
            name,
            base_url=own.base_url,
            key_env=own.key_env,
            model=own.model,
            environ=self._environ,
        )

    def _variables(self, name: str) -> tuple[str, ...]:
        return registry.key_names(name, self._own(name).key_env)

    def _own(self, name: str) -> ProviderSettings:
        return self._settings.providers.get(name, ProviderSettings())


def _origins(addresses: Iterable[str]) -> Iterator[str]:
    """Scheme, host and port of each, in the form of `normal`; what is no address allows nothing."""
    for address in addresses:
        with suppress(ChimeraError):
            yield origin(normal(address, title="a provider"))
