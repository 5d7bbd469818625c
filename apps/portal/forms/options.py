"""Live options: who provides them, and the one resolver that both shows them and checks what comes back.

A provider answers from the organization's own data, narrowed to what the actor may see. The same provider runs when
the form is shown and again when it is submitted, so a stale option, or one of another organization, is refused.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Final, Protocol, TypeAlias

from django.utils.translation import gettext as _

from apps.portal.forms.errors import Refused
from apps.portal.forms.schema import SELECTS, Choice, Field, FieldType, Option, OptionsFrom, Scalar, Value

if TYPE_CHECKING:
    from apps.common.actor import Actor

SECRETS: Final = "secrets"
"""The provider every field of type secret uses without saying so."""

Filter: TypeAlias = Mapping[str, Scalar]
Depends: TypeAlias = Mapping[str, Value]


class OptionProvider(Protocol):
    """One source of live options."""

    name: ClassVar[str]
    filters: ClassVar[tuple[str, ...]]

    def check_filter(self, filters: Filter) -> None:
        """Raise `Refused` (rule `optionsFrom.filter…`) for a filter this provider does not know."""

    def resolve(self, actor: "Actor", filters: Filter, depends: Depends, only: Collection[str] | None) -> list[Option]:
        """Return the options this actor may choose.

        `depends` holds the answers of the fields named in `dependsOn`. `only` narrows to these values, so that
        checking an answer does not read everything; without it a provider may cut a very long list.
        """


class Registry:
    """Providers by name."""

    def __init__(self, providers: Iterable[OptionProvider] = ()) -> None:
        self._providers: dict[str, OptionProvider] = {}
        for provider in providers:
            self.register(provider)

    def register(self, provider: OptionProvider) -> None:
        """Add a provider; a name can be taken once."""
        if provider.name in self._providers:
            raise ValueError(f"option provider {provider.name!r} is registered twice")
        self._providers[provider.name] = provider

    def sources(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the providers a form may name, each with the filters it knows."""
        return {name: provider.filters for name, provider in sorted(self._providers.items()) if name != SECRETS}

    def check_source(self, source: OptionsFrom) -> None:
        """Raise `Refused` when nobody provides such options or the provider refuses the filter."""
        provider = self._providers.get(source.provider)
        if provider is None:
            names = ", ".join(sorted(self._providers))
            raise Refused("optionsFrom.provider", _("must be one of: %(names)s.") % {"names": names})
        provider.check_filter(source.filter)

    def resolve(
        self, actor: "Actor", field: Field, depends: Depends, only: Collection[str] | None = None
    ) -> tuple[Option, ...]:
        """Return what this actor may choose in this field; nothing while a field it depends on has no answer."""
        if field.options:
            return field.options
        source = OptionsFrom(SECRETS, {}) if field.type is FieldType.SECRET else field.options_from
        provider = None if source is None else self._providers.get(source.provider)
        if source is None or provider is None or not set(field.depends_on) <= depends.keys():
            return ()
        return tuple(provider.resolve(actor, source.filter, depends, only))


class OptionsResolver(Protocol):
    """A registry already told who asks: `ActorOptions`, or a table in a test."""

    def __call__(self, field: Field, depends: Depends, only: Collection[str] | None = None) -> tuple[Option, ...]:
        """Return what may be chosen."""


class ActorOptions:
    """The options of one actor."""

    def __init__(self, registry: Registry, actor: "Actor") -> None:
        self._registry = registry
        self._actor = actor

    def __call__(self, field: Field, depends: Depends, only: Collection[str] | None = None) -> tuple[Option, ...]:
        """Return what this actor may choose in this field."""
        return self._registry.resolve(self._actor, field, depends, only)


def no_options(field: Field, depends: Depends, only: Collection[str] | None = None) -> tuple[Option, ...]:
    """Resolve nothing but fixed options: for forms without live ones."""
    return field.options


def is_chosen(field: Field) -> bool:
    """Say whether the answer must be one of the resolved options."""
    return field.type in SELECTS or field.type is FieldType.SECRET


def choices_of(value: Value) -> list[Choice]:
    """Return the chosen values of a select, a multiselect or a secret."""
    return list(value) if isinstance(value, list) else [value] if isinstance(value, str | int) else []
