"""The form of an organization's issuer: roles by claim in lines, domains one a line, a secret that is never shown."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.accounts.models import OidcSettings
from apps.accounts.models.oidc import ADDRESS_LENGTH, MOST_MAPPED, NAME_LENGTH
from apps.accounts.selectors.users import roles_assignable

_EMPTY_LINES = 3
_PLAIN = ("issuer", "audience", "client_id", "role_claim", "default_role", "local_sign_in")


def role_choices() -> list[tuple[str, str]]:
    """Roles by what they are called."""
    return [(role.slug, role.title) for role in roles_assignable()]


def _line(label: Any, *, longest: int, required: bool = True, help_text: Any = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=longest, required=required, help_text=help_text, widget=widget)


class MappingForm(forms.Form):
    """One value of the claim and the role it gives; an empty line says nothing."""

    value = forms.CharField(
        label=_("Value of the claim"),
        max_length=NAME_LENGTH,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    role = forms.ChoiceField(label=_("Role"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        number = int(str(self.prefix).rsplit("-", 1)[-1]) + 1
        self.fields["role"].choices = [("", "—"), *role_choices()]  # type: ignore[attr-defined]
        for name, text in (("value", _("Value of the claim, line %d")), ("role", _("Role, line %d"))):
            self.fields[name].widget.attrs["aria-label"] = text % number

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        if "value" in given and "role" in given and bool(given["value"]) != bool(given["role"]):
            missing = "role" if given["value"] else "value"
            self.add_error(missing, _("A line needs both."))
        return given


class _Mapping(forms.BaseFormSet):  # type: ignore[type-arg]  # generic for type checkers only
    def clean(self) -> None:
        values = [line.cleaned_data.get("value") for line in self.forms if hasattr(line, "cleaned_data")]
        given = [value for value in values if value]
        if len(given) > len(set(given)):
            raise ValidationError(_("A value stands there more than once."))

    def pairs(self) -> dict[str, str]:
        """The lines that are filled."""
        return {line["value"]: line["role"] for line in self.cleaned_data if line.get("value")}


MappingLines = forms.formset_factory(
    MappingForm,
    formset=_Mapping,
    extra=_EMPTY_LINES,
    max_num=MOST_MAPPED,
    absolute_max=MOST_MAPPED + _EMPTY_LINES,
    validate_max=True,
)


class DomainsField(forms.CharField):
    """Domains, one a line; empty lines say nothing."""

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(super().to_python(value)).splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class OidcSettingsForm(forms.Form):
    """Fields as of ``oidc_settings_save``, which judges them; ``mapping`` are the lines of roles."""

    issuer = _line(
        _("Issuer"),
        longest=ADDRESS_LENGTH,
        help_text=_("Its address as it writes itself, as in https://login.example.com/realms/staff."),
    )
    audience = _line(_("Audience"), longest=NAME_LENGTH, help_text=_("Whom tokens are for: the API, or the client."))
    client_id = _line(
        _("Client ID"),
        longest=NAME_LENGTH,
        required=False,
        help_text=_("For people who sign in with a browser."),
    )
    client_secret = forms.CharField(
        label=_("Client secret"),
        max_length=1000,
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )
    forget_secret = forms.BooleanField(
        label=_("Forget the secret that is stored"), required=False, widget=UnfoldBooleanSwitchWidget
    )
    role_claim = _line(
        _("Claim with roles"), longest=100, help_text=_("Its name in tokens, or the way to it: realm_access.roles.")
    )
    default_role = forms.ChoiceField(
        label=_("Role of everybody else"),
        choices=role_choices,
        widget=UnfoldAdminSelectWidget,
        help_text=_("For who has none of the values above."),
    )
    allowed_domains = DomainsField(
        label=_("Domains of addresses"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"}),
        help_text=_("One a line, as in example.com; without any, every domain is let in."),
    )
    local_sign_in = forms.BooleanField(
        label=_("Passwords work too"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Switched off, the issuer alone lets people in; try it first."),
    )

    def __init__(self, data: Any = None, *, row: OidcSettings) -> None:
        super().__init__(
            data, initial={name: getattr(row, name) for name in (*_PLAIN, "allowed_domains")}, label_suffix=""
        )
        lines = [{"value": value, "role": role} for value, role in row.role_mapping.items()]
        self.mapping: Any = MappingLines(data, initial=lines, prefix="mapping")
        if row.client_secret is None:
            del self.fields["forget_secret"]
        else:
            self.fields["client_secret"].help_text = _(
                "One is stored, and is never shown again. Leave empty to keep it."
            )

    def is_valid(self) -> bool:
        lines = bool(self.mapping.is_valid())
        return super().is_valid() and lines

    def changes(self) -> dict[str, Any]:
        """What was entered, as the service takes it; no word of a secret keeps the one there is."""
        given = dict(self.cleaned_data)
        secret, forget = given.pop("client_secret"), given.pop("forget_secret", False)
        if secret or forget:
            given["client_secret"] = secret
        return given | {"role_mapping": self.mapping.pairs()}

    def of_sign_in(self) -> list[Any]:
        """Who lets people in."""
        return self._named("issuer", "audience", "client_id", "client_secret", "forget_secret")

    def of_people(self) -> list[Any]:
        """Who is let in."""
        return self._named("allowed_domains", "local_sign_in")

    def _named(self, *names: str) -> list[Any]:
        return [self[name] for name in names if name in self.fields]
