"""What goes wrong in a form. Three kinds: a rule its author broke, a value refused, an answer refused as a whole."""

from dataclasses import dataclass


class Refused(ValueError):
    """One rule of the schema was broken; `rule` is the path the author wrote, such as `validation.regex`."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(f"{rule}: {message}")
        self.rule = rule
        self.message = message


class UnknownReference(Refused):
    """A field refers to something that is not an earlier field: unknown, later, or itself (so no cycle can be)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps a document from being saved: a whole sentence, and the rule and message it is made of.

    ``number`` is the place of the field it is about, from 1; None where it is about no field.
    """

    text: str
    rule: str
    message: str
    number: int | None = None


def problem_of(refusal: Refused) -> Problem:
    """Return a refusal that belongs to no field as a problem."""
    return Problem(str(refusal), refusal.rule, refusal.message)


class SchemaInvalid(ValueError):
    """The form cannot be saved; each problem names the field and the rule."""

    def __init__(self, found: list[Problem]) -> None:
        self.found = found
        self.problems = [problem.text for problem in found]
        super().__init__(" ".join(self.problems))


class ValueRefused(ValueError):
    """A value breaks its field's rule. The template is translated; `%(label)s` in it is the field's label."""

    def __init__(self, template: str, **params: object) -> None:
        super().__init__(template)
        self.template = template
        self.params = params

    def describe(self, label: str) -> str:
        """Return the sentence for the person who fills the form in."""
        return self.template % {**self.params, "label": label}


class ParametersInvalid(ValueError):
    """The submitted parameters are refused: `detail` is one sentence, `errors` all of them by field."""

    def __init__(self, detail: str, errors: dict[str, list[str]]) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
