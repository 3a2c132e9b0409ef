"""The plot of growth, and what it lets one expect of a million papers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

MILLION = 1_000_000
COLOURS = {1: "#8a5a00", 2: "#0b5394"}

Trials = Sequence[dict[str, Any]]


def plot(found: Trials, picture: Path) -> None:
    """Four panels: seconds by papers, rate during the largest run, its memory, the tables alone."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "growth", "font.size": 9, "axes.spines.top": False,
                                "axes.spines.right": False})  # fmt: skip
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(2, 2, figsize=(9.6, 6.8), constrained_layout=True)
    _seconds(panels[0][0], found)
    largest = _largest(found)
    _rate(panels[0][1], largest)
    _memory(panels[1][0], largest)
    _tables(panels[1][1], found)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, metadata={"Date": None})


def _runs(found: Trials, **facts: Any) -> list[dict[str, Any]]:
    chosen = (one for one in found if all(one.get(key) == value for key, value in facts.items()))
    return sorted(chosen, key=lambda one: one["papers"])


def _largest(found: Trials) -> dict[str, Any]:
    return max(_runs(found, what="run", state="cold"), key=lambda one: (one["papers"], one["workers"]))


def _seconds(panel: Any, found: Trials) -> None:
    panel.set_title("Processor time of a run", loc="left")
    for workers, colour in COLOURS.items():
        for state, line in (("cold", "-"), ("kept", ":")):
            runs = _runs(found, what="run", workers=workers, state=state)
            if runs:
                label = f"{workers} worker{'s' if workers > 1 else ''}, {'all read' if state == 'cold' else 'all kept'}"
                panel.plot([one["papers"] for one in runs], [one["cpu"] for one in runs], line, marker="o",
                           color=colour, markersize=4, label=label)  # fmt: skip
    last = _largest(found)
    sizes = [10, last["papers"]]
    panel.plot(sizes, [last["cpu"] * size / last["papers"] for size in sizes], color="#bbbbbb", linewidth=1,
               label="proportional", zorder=0)  # fmt: skip
    panel.set(xscale="log", yscale="log", xlabel="papers", ylabel="seconds")
    panel.legend(frameon=False)


def _rate(panel: Any, run: dict[str, Any]) -> None:
    panel.set_title(f"{run['papers']:,} papers, {run['workers']} workers: papers read", loc="left")
    at = run["done_at"]
    step = run["papers"] / len(at)
    panel.plot([second / 60 for second in at], [step * (index + 1) for index in range(len(at))], color=COLOURS[2])
    panel.set(xlabel="minutes", ylabel="papers", ylim=(0, None), xlim=(0, None))


def _memory(panel: Any, run: dict[str, Any]) -> None:
    panel.set_title("Its memory (proportional set size)", loc="left")
    seconds, own, worker = zip(*run["curve"], strict=True)
    minutes = [second / 60 for second in seconds]
    panel.plot(minutes, worker, color="#7a8a99", label="largest worker or server")
    panel.plot(minutes, own, color=COLOURS[2], label="main process (ends with the tables)")
    panel.axhline(200, color="#bbbbbb", linewidth=1, linestyle="--")
    panel.set(xlabel="minutes", ylabel="MB", ylim=(0, None), xlim=(0, None))
    panel.legend(frameon=False)


def _tables(panel: Any, found: Trials) -> None:
    panel.set_title("The tables alone", loc="left")
    runs = _runs(found, what="tables")
    papers = [one["papers"] for one in runs]
    panel.plot(papers, [one["cpu"] for one in runs], marker="o", markersize=4, color=COLOURS[2], label="seconds")
    panel.plot(papers, [one["most_main"] for one in runs], marker="s", markersize=4, color=COLOURS[1],
               label="MB of memory")  # fmt: skip
    panel.set(xscale="log", yscale="log", xlabel="papers", ylabel="processor seconds, MB")
    panel.legend(frameon=False)


def estimate(found: Trials) -> str:
    """What a million papers would cost if each cost what one of the largest trials did, in words."""
    cold = _largest(found)
    kept = next((one for one in _runs(found, what="run", state="kept", workers=cold["workers"])
                 if one["papers"] == cold["papers"]), None)  # fmt: skip
    tables = _runs(found, what="tables")
    n = cold["papers"]

    def each(key: str, unit: float = 1) -> float:
        return float(cold[key]) / n * MILLION / unit

    lines = [
        f"from {n:,} papers, {cold['workers']} workers:",
        f"  computing   {each('cpu', 3600):,.0f} core-hours ({1000 * cold['cpu'] / n:.0f} ms a paper)",
        f"  store       {each('store_mb', 1024):,.0f} GB, CSV {each('csv_mb', 1024):,.0f} GB "
        f"(the papers themselves {each('papers_mb', 1024):,.0f} GB)",
    ]
    if kept:
        lines.append(f"  again, all kept   {kept['cpu'] / n * MILLION / 3600:,.1f} core-hours")
    curve = [(at, own) for at, own, _ in cold["curve"] if at < cold["reading_seconds"]]
    tenth = max(1, len(curve) // 10)
    early, late = (max(own for _, own in part) for part in (curve[: 2 * tenth], curve[-tenth:]))
    growth = max(0.0, late - early) / (0.85 * n)
    lines.append(f"  main process while reading   {early:.0f} MB, {1024 * growth:.1f} kB a paper more")
    lines.append(f"  main process at most         {cold['most_main']:.0f} MB")
    if tables:
        last = tables[-1]
        hours = last["cpu"] / last["papers"] * MILLION / 3600
        memory = f"{last['most_main']:.0f} MB at {last['papers']:,}"
        lines.append(f"  tables   {hours:,.0f} core-hours, in one process; {memory}")
    return "\n".join(lines)
