"""What the attacks of a theme have in common, said once."""

from typing import Protocol

from trainstore.execution.attacks.attack import Attack, Check, Theme


class MakeAttack(Protocol):
    """Makes an attack of one theme; see `Attack` for the fields."""

    def __call__(self, name: str, tries: str, succeeded: Check, **fields: object) -> Attack: ...


def attacks_of(theme: Theme, **usual: object) -> MakeAttack:
    """Return what makes attacks of a theme, whose fields are these where an attack does not give its own."""

    def make(name: str, tries: str, succeeded: Check, **fields: object) -> Attack:
        return Attack(name, theme, tries, succeeded, **{**usual, **fields})  # type: ignore[arg-type]

    return make
