"""The plain ways of doing the same, without anything of ours."""

EMPTY = "/empty"
