"""Rows made up."""

from netsonde.bench import Row


def row(
    value: float = 1.0,
    *,
    experiment: str = "time",
    runtime: str = "process",
    metric: str = "exit",
    unit: str = "ms",
    repetition: int = 0,
) -> Row:
    """Return one row."""
    return Row(
        experiment=experiment,
        runtime=runtime,
        repetition=repetition,
        metric=metric,
        value=value,
        unit=unit,
        load1=0.5,
        versions="netsonde 1; Linux 6",
        image="sha256:00",
    )


#: What the bars are made of, such that all are reached.
WHOLE = [
    row(25.0, runtime="qemu-floor"),
    row(300.0, metric="probing"),
    row(1.5, metric="first packet"),
    row(330.0, runtime="unikernel", metric="result"),
    row(200_000.0, experiment="size", runtime="unikernel", metric="on disk", unit="bytes"),
    row(900e6, experiment="size", runtime="vm", metric="on disk", unit="bytes"),
    row(0.2e6, experiment="memory", runtime="unikernel", metric="guest RAM touched", unit="bytes"),
    row(120.0, experiment="density", runtime="unikernel", metric="memory: would fit", unit="1"),
    row(6.0, experiment="density", runtime="vm", metric="memory: would fit", unit="1"),
]
