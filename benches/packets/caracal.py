"""The ping sweep by pycaracal, in the namespace that it is started in; prints how many answered."""

import sys
from ipaddress import ip_network
from pathlib import Path

from pycaracal import prober  # type: ignore[import-not-found]


def main() -> None:
    """Write the probes, send them, count the answers."""
    prefix, rate, place = sys.argv[1:]
    probes, replies = Path(place, "probes.csv"), Path(place, "replies.csv")
    network = ip_network(prefix)
    count = network.num_addresses
    step = count * 5 // 8 | 1
    with probes.open("w") as file:
        for number in range(count):
            address = network[(number * step) % count]
            file.write(f"::ffff:{address},24000,0,64,icmp\n")
    config = prober.Config()
    config.set_interface("wire")
    config.set_probing_rate(int(rate))
    config.set_sniffer_wait_time(2)
    config.set_output_file_csv(str(replies))
    prober.probe(config, str(probes))
    with replies.open() as file:
        print(sum(1 for _ in file) - 1)


if __name__ == "__main__":
    main()
