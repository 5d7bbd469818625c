"""What a file of people holds: what their page shows, and no password in whatever form."""

from __future__ import annotations

from django import forms

from apps.accounts.services.user_imports import users_import_lines
from apps.common.admin_exports import column
from apps.common.admin_imports import LinesResource, SwitchField


class UserLine(forms.Form):
    """A person in a file; who is invited chooses a password, no file holds one."""

    email = forms.EmailField(max_length=254)
    name = forms.CharField(max_length=150)
    role = forms.CharField(max_length=60)
    username = forms.CharField(max_length=150, required=False)
    phone = forms.CharField(max_length=40, required=False)
    department = forms.CharField(max_length=120, required=False)
    is_active = SwitchField()


class UserColumns(LinesResource):
    row_form, service = UserLine, users_import_lines
    email = column("email")
    name = column("name")
    role = column("role__slug")
    username = column("username")
    phone = column("phone")
    department = column("department")
    is_active = column("is_active")
    auth_source = column("auth_source")
    last_login_at = column("last_login")
    created_at = column("created_at")
