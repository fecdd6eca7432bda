"""From the options of a command to the place that it measures from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsonde.measure import choose
from netsonde.model import UsageError

if TYPE_CHECKING:
    from netsonde.lab import Lab
    from netsonde.measure import Vantage

_RUNTIME_ONLY = {"image": "--image", "runtime_limits": "--runtime-limit"}
_HOST_ONLY = {"privilege": "--privilege", "link": "--link"}


def chosen_vantage(given: dict[str, Any]) -> Vantage:
    """Take the options that name a place out of those given, and return it.

    Raises:
        UsageError: They contradict each other, or name what is not there.
    """
    lab = _lab(given.pop("lab", None), given.pop("attach", None))
    runtime = given.pop("runtime", None)
    host = {name: given.pop(name) for name in _HOST_ONLY if name in given}
    image = {name: given.pop(name) for name in _RUNTIME_ONLY if name in given}
    if runtime is not None:
        _refuse(host, _HOST_ONLY, "is for this host's own sockets, and --runtime has none")
        return _runtime(runtime, lab, image)
    _refuse(image, _RUNTIME_ONLY, "is for images, and without --runtime there is none")
    if lab is None:
        return choose(None, host.get("privilege", "auto"), host.get("link", "auto"))
    _refuse(host, _HOST_ONLY, "is for this host, and --lab leaves it")
    return choose(lab)


def _lab(name: str | None, attachment: str | None) -> Lab | None:
    if name is None:
        if attachment is not None:
            raise UsageError("--attach names a place in a lab", "add --lab NAME")
        return None
    from netsonde.lab import load  # noqa: PLC0415 - this host does without it

    return load(name, attachment=attachment)


def _runtime(name: str, lab: Lab | None, image: dict[str, Any]) -> Vantage:
    from netsonde.image import NAME  # noqa: PLC0415 - few ask for it
    from netsonde.runtime import (  # noqa: PLC0415
        HostNetwork,
        LabNetwork,
        Runtime,
        RuntimeVantage,
        read_limits,
    )

    network = HostNetwork() if lab is None else LabNetwork(lab)
    limits = read_limits(image.get("runtime_limits", ()))
    wanted = image.get("image", NAME)
    return RuntimeVantage(Runtime(name, network, limits=limits, image=wanted))


def _refuse(given: dict[str, Any], flags: dict[str, str], reason: str) -> None:
    for name in given:
        raise UsageError(f"{flags[name]} {reason}", "leave out one of them")
