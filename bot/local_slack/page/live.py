"""Parts of the page that redraw themselves only when what they show has changed."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from nicegui import ui


class Region:
    """One part: drawn anew when `look()` gives something else than the last time."""

    def __init__(self, container: ui.element, look: Callable[[], Hashable], draw: Callable[[], None]) -> None:
        self._container = container
        self._look = look
        self._draw = draw
        self._shown: Hashable = object()

    def update(self) -> None:
        """Redraw if needed."""
        seen = self._look()
        if seen != self._shown:
            self._shown = seen
            self._container.clear()
            with self._container:
                self._draw()


@dataclass(frozen=True)
class Row:
    """One row of a list; `look` stands for all that `draw` shows."""

    key: str
    look: Hashable
    draw: Callable[[], None]


class Rows:
    """A list that keeps the rows which did not change, so that menus stay open and little is sent."""

    def __init__(self, container: ui.element, rows: Callable[[], list[Row]]) -> None:
        self._container = container
        self._rows = rows
        self._drawn: dict[str, tuple[Hashable, ui.element]] = {}

    def update(self) -> bool:
        """Redraw what changed; True when there is something new at the end."""
        wanted = self._rows()
        keys = [row.key for row in wanted]
        for gone in [key for key in self._drawn if key not in keys]:
            self._drawn.pop(gone)[1].delete()
        last_is_new = bool(keys) and keys[-1] not in self._drawn
        for index, row in enumerate(wanted):
            self._place(index, row)
        return last_is_new

    def _place(self, index: int, row: Row) -> None:
        look, holder = self._drawn.get(row.key, (None, None))
        if holder is None:
            with self._container:
                holder = ui.element("div").classes("w-full")
            if index != len(self._drawn):
                holder.move(self._container, target_index=index)
        elif look == row.look:
            return
        holder.clear()
        with holder:
            row.draw()
        self._drawn[row.key] = (row.look, holder)
