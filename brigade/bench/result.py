"""What was measured, against what we owe."""

from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Column, Table

from brigade.bench.samples import Samples, ratio
from brigade.bench.triage import Triage
from brigade.bench.webhooks import Hooks

ONE_WAY, OPENING, ACKNOWLEDGED, NUMBERS, PAGE, MEMORY, UP = 1.25, 2.0, 20.0, 1.0, 30.0, 400.0, 60.0
HOOK = 50.0
JUDGED, JUDGES, LOADED, JUDGE_MEMORY = 15.0, 200.0, 2.0, 300.0  # ms a message, messages a second, s, MB


@dataclass(frozen=True, slots=True)
class Row:
    """One line: ``value`` must not exceed ``target``; ``ours`` and ``floor`` are what a ratio was made of, in ms."""

    name: str
    value: float
    target: float
    unit: str = ""
    ours: float | None = None
    floor: float | None = None

    @property
    def kept(self) -> bool:
        """Whether it is what we owe."""
        return self.value <= self.target


@dataclass(frozen=True, slots=True)
class Result:
    """Everything; durations in seconds, memory in MB."""

    oneway: dict[str, Samples]
    opening: dict[str, Samples]
    danger: dict[str, Samples]
    pages: dict[str, Samples]
    idle: tuple[int, float]
    up: float
    database: str
    hooks: Hooks | None = None
    triage: Triage | None = None

    def rows(self) -> list[Row]:
        """The table's lines."""
        ways = {"citizen_to_operator": "in", "operator_to_citizen": "out"}
        found = [
            _ratio(f"{name}_p{share}", self.oneway[f"ours_{way}"], self.oneway[f"floor_{way}"], share, ONE_WAY)
            for name, way in ways.items()
            for share in (50, 95)
        ]
        found.append(_ratio("opening", self.opening["card"], self.opening["bare"], 50, OPENING))
        found.append(Row("open_ack_p95_ms", self.opening["created"].p95 * 1000, ACKNOWLEDGED, "ms"))
        for name, samples in self.danger.items():
            found.append(Row(name, samples.p95, NUMBERS, "s"))
        found += [Row(f"{name}_p95_ms", samples.p95 * 1000, PAGE, "ms") for name, samples in self.pages.items()]
        found += self._hooks(self.hooks) if self.hooks else []
        found += self._triage(self.triage) if self.triage else []
        count, memory = self.idle
        return [*found, Row(f"idle_rss_mb ({count})", memory, MEMORY, "MB"), Row("up_s", self.up, UP, "s")]

    @staticmethod
    def _triage(found: Triage) -> list[Row]:
        return [
            Row("triage_p95_ms", found.p95_ms, JUDGED, "ms"),
            Row("triage_1000_messages_s", 1000 / found.per_second, 1000 / JUDGES, "s"),
            Row("triage_load_s", found.load_s, LOADED, "s"),
            Row("triage_rss_mb", found.rss_mb, JUDGE_MEMORY, "MB"),
        ]

    @staticmethod
    def _hooks(hooks: Hooks) -> list[Row]:
        both = {"webhook_ack": hooks.acknowledged, "webhook_ack_down": hooks.while_down}
        found = [Row(f"{name}_p95_ms", samples.p95 * 1000, HOOK, "ms") for name, samples in both.items()]
        burst = hooks.burst
        found.append(Row(f"burst_lost_or_disordered ({burst.events})", burst.lost + burst.disordered, 0))
        return [*found, Row("burst_rss_mb", burst.rss, MEMORY, "MB")]

    def json(self) -> dict[str, Any]:
        """The contract's keys first."""
        rows = self.rows()
        ratios = {row.name: round(row.value, 3) for row in rows if row.floor is not None}
        ours, floor = ({row.name: _ms(getattr(row, side)) for row in rows if row.floor} for side in ("ours", "floor"))
        return {
            "ratios": ratios,
            "interception_p95_s": round(max(samples.p95 for samples in self.danger.values()), 3),
            "idle": {"count": self.idle[0], "rss_mb": round(self.idle[1], 1)},
            "floor": {"unit": "ms"} | floor,
            "ours": {"unit": "ms"} | ours,
            "open_ack_p95_ms": _ms(self.opening["created"].p95 * 1000),
            "interception": {name: round(samples.p95, 3) for name, samples in self.danger.items()},
            "help_centre_p95_ms": {name: _ms(samples.p95 * 1000) for name, samples in self.pages.items()},
            "up_s": round(self.up, 1),
            "samples": {
                name: len(samples) for name, samples in (self.oneway | self.opening | self.danger | self.pages).items()
            },
            "database": self.database,
            "triage": asdict(self.triage) if self.triage else None,
        } | ({"webhooks": self._hooks_json(self.hooks)} if self.hooks else {})

    @staticmethod
    def _hooks_json(hooks: Hooks) -> dict[str, Any]:
        found = {"ack_p50_ms": _ms(hooks.acknowledged.p50 * 1000), "ack_p95_ms": _ms(hooks.acknowledged.p95 * 1000)}
        found |= {"ack_p95_ms_synapse_killed": _ms(hooks.while_down.p95 * 1000)}
        return found | {"burst": asdict(hooks.burst)}

    def table(self) -> Table:
        """For people."""
        right = [Column(name, justify="right") for name in ("value", "ours", "bare Synapse", "at most")]
        table = Table("figure", *right, "", title=f"brigade bench, {self.database}", title_justify="left")
        for row in self.rows():
            sides = [f"{side:.0f} ms" if side is not None else "" for side in (row.ours, row.floor)]
            shown = f"{row.value:.2f} {row.unit}" if row.value < 10 else f"{row.value:.0f} {row.unit}"
            mark = "[green]✓[/]" if row.kept else "[red]✗[/]"
            table.add_row(row.name, shown.strip(), *sides, f"{row.target:g} {row.unit}".strip(), mark)
        return table


def _ratio(name: str, ours: Samples, floor: Samples, percent: int, target: float) -> Row:
    value, mine, bare = ratio(ours, floor, percent / 100)
    return Row(name, value, target, ours=mine * 1000, floor=bare * 1000)


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
