"""The program of the engine's process: loads the extension, and nothing else of Python.

Started by `_host` as a script in isolated mode, with three arguments: the extension's file, the
inherited sockets as `role=descriptor`, separated by commas, and the packets per second at most.
Not to be imported: it neither imports the package nor needs `site`, which keeps its start short
and its memory small.
"""

import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec


def main() -> None:
    """Load the extension and become the engine."""
    file, sockets, rate_pps = sys.argv[1:]
    loader = ExtensionFileLoader("netsonde._core", file)
    core = loader.create_module(ModuleSpec("netsonde._core", loader, origin=file))
    loader.exec_module(core)
    named = (socket.split("=") for socket in sockets.split(","))
    core.engine_main([(role, int(descriptor)) for role, descriptor in named], int(rate_pps))


if __name__ == "__main__":
    main()
