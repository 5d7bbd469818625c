"""What goes wrong with a run template: when it is saved, and when it is rendered."""

from apps.portal.forms.errors import Problem


class TemplateInvalid(ValueError):
    """The template cannot be saved; each problem names the place, such as `mapping.runtime_env.PATH`."""

    def __init__(self, found: list[Problem]) -> None:
        self.found = found
        self.problems = [problem.text for problem in found]
        super().__init__(" ".join(self.problems))


class RenderedTooLarge(ValueError):
    """The answers make an argument or a variable larger than a program can be started with."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} is too large")
        self.place = place
