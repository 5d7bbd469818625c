"""Giving rights on single objects, to people and groups alike, and why somebody may do something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from apps.accounts.admin.things import (
    WORDS,
    Thing,
    actions_about_things,
    choice_of,
    grant_lines,
    thing_of,
)
from apps.accounts.models import User
from apps.accounts.payloads import Explanation
from apps.accounts.permissions import scopes_of
from apps.accounts.selectors.rights import rights_explain
from apps.common.errors import ApplicationError

SENTENCES = {
    ("account", "refuses"): _("The account is switched off."),
    ("role", "gives"): _("The role %(role)s gives it, everywhere."),
    ("role", "lacks"): _("The role %(role)s does not give it, and no grant does here."),
    ("group", "gives"): _("The group %(group)s was granted it on %(thing)s."),
    ("grant", "gives"): _("Granted in person on %(thing)s; for this action that takes the place of the role."),
    ("grant", "narrows"): _(
        "Granted in person on %(thing)s; for this action that takes the place of the role, and leaves all else out."
    ),
}
_ROLE_GRANTED = _("The role %(role)s was granted it on %(thing)s.")


def give_page(page: Any, request: Any, *, holder: Any, back: str, give: Callable[..., Any]) -> HttpResponseBase:
    """A form for one more right of a person or a group; ``give`` is the service that takes what was chosen."""
    if request.method == "POST":
        try:
            give(**_chosen(request))
        except ApplicationError as error:
            page.explain(request, error)
            return HttpResponseRedirect(request.get_full_path())
        page.message_user(request, _("Given to %(holder)s.") % {"holder": page.headed(holder)}, messages.SUCCESS)
        return HttpResponseRedirect(back)
    scopes = scopes_of(request.actor, actions_about_things())
    choice = choice_of(page.admin_site, request, {action for action, scope in scopes.items() if not scope.nowhere})
    shown = {
        "original": holder,
        "holder": holder,
        "back": back,
        "choice": choice,
        "title": _("A right for %(holder)s") % {"holder": page.headed(holder)},
        "here": _("Give a right"),
        "for_group": not isinstance(holder, User),
    }
    return drawn(page, request, "accounts/admin/give.html", shown)


def why_page(page: Any, request: Any, *, user: User, back: str) -> HttpResponseBase:
    """The question and, once an action was chosen, the answer; without an object, anywhere at all."""
    choice = choice_of(page.admin_site, request, WORDS)
    thing = _thing_asked(page.admin_site, request) if choice.action else None
    answer = None
    if choice.action:
        about: Any = {"resource_type": thing.kind, "resource_id": UUID(thing.id)} if thing is not None else {}
        answer = rights_explain(actor=request.actor, user_id=user.pk, action=choice.action, **about)
    shown = {
        "original": user,
        "person": user,
        "back": back,
        "choice": choice,
        "thing": thing,
        "answer": answer,
        "sentences": _sentences(page.admin_site, request, answer) if answer is not None else [],
        "title": _("Why may %(person)s do this?") % {"person": page.headed(user)},
        "here": _("Why may they do this?"),
    }
    return drawn(page, request, "accounts/admin/why.html", shown)


def drawn(page: Any, request: Any, template: str, shown: dict[str, Any]) -> HttpResponseBase:
    """A page of ours in the frame of the back-office."""
    request.current_app = page.admin_site.name
    return TemplateResponse(request, template, {**page.admin_site.each_context(request), "opts": page.opts, **shown})


def _chosen(request: Any) -> dict[str, Any]:
    """What the form names, as the service takes it."""
    given = {"action": request.POST.get("action", ""), "resource_type": request.POST.get("kind", "")}
    if "tag" in request.POST:
        return given | {"scope_tag": request.POST["tag"].strip().removeprefix("#") or None}
    return given | {"resource_id": request.POST.get("id", "")}


def _thing_asked(site: Any, request: Any) -> Thing | None:
    kind, _colon, pk = request.GET.get("on", "").partition(":")
    try:
        return thing_of(site, request, kind, str(UUID(pk)))
    except ValueError:
        return None


def _sentences(site: Any, request: Any, answer: Explanation) -> list[str]:
    """What decided, reason by reason."""
    told = {line.grant.pk: line for line in grant_lines(site, request, [r.grant for r in answer.because if r.grant])}
    sentences = []
    for reason in answer.because:
        line = told.get(reason.grant.pk) if reason.grant is not None else None
        text = SENTENCES.get((reason.source, reason.effect), "")
        if reason.source == "role" and line is not None:
            text = _ROLE_GRANTED
        facts = {"role": reason.role.title if reason.role else "", "group": reason.group.name if reason.group else ""}
        sentences.append(str(text) % {**facts, "thing": f"{line.kind_title} {line.name}" if line else ""})
    return sentences
