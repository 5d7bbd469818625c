"""What templates of the back-office draw: structures and times."""

from __future__ import annotations

from django import template

from apps.common.admin_display import moment_display, structure_display

register = template.Library()
register.simple_tag(structure_display, name="structure_of")
register.simple_tag(moment_display, name="moment_of")
