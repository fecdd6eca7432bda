"""An image that plays the other side of a runtime: it does what the job's origin says."""

import functools
import subprocess
import tempfile
from pathlib import Path

import msgspec

from netsonde.image import Store, Trust, build
from netsonde.lab import Lab, load
from netsonde.measure import choose, job, request
from netsonde.model import Counters, Done, Kind, Privilege, Start, Target

START = Start(schema=1, job="x", kind=Kind.PING, privilege=Privilege.RAW, targets=1, seed=1)
_COUNTERS = dict.fromkeys(Counters.__struct_fields__, 0)
DONE = {"type": "done", "counters": _COUNTERS, "targets_done": 0, "duration_ns": 1}

_SOURCE = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <signal.h>
static char line[1 << 16];
static void say(const char *text) { fputs(text, stdout); fputs("\n", stdout); fflush(stdout); }
static void failed(const char *key, const char *file) {
    char text[4096] = "?"; FILE *in = fopen(file, "r");
    size_t key_length = strlen(key);
    while (in && fgets(text, sizeof text, in)) if (!strncmp(text, key, key_length)) break;
    text[strcspn(text, "\n")] = 0;
    for (char *c = text; *c; c++) if (*c == '\t' || *c == '"') *c = ' ';
    printf("{\"type\":\"failed\",\"reason\":\"%s\",\"hint\":\"\"}\n", text); fflush(stdout);
}
int main(int count, char **words) {
    if (!fgets(line, sizeof line, stdin)) return 2;
    say("SeaBIOS (noise before the first event)");
    say(START);
    if (strstr(line, "\"origin\":\"flood\"")) for (;;) say("noise");
    if (strstr(line, "\"origin\":\"spin\"")) for (;;) ;
    if (strstr(line, "\"origin\":\"eat\"")) for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    if (strstr(line, "\"origin\":\"crash\"")) { fputs("it hurts\n", stderr); raise(SIGSEGV); }
    if (strstr(line, "\"origin\":\"call\"")) raise(SIGSYS);
    if (strstr(line, "\"origin\":\"silent\"")) return 0;
    if (strstr(line, "\"origin\":\"nonsense\"")) say("{\"type\":\"nonsense\"}");
    if (strstr(line, "\"origin\":\"rights\"")) return failed("CapEff", "/proc/self/status"), 1;
    if (strstr(line, "\"origin\":\"user\"")) return failed("Uid", "/proc/self/status"), 1;
    if (strstr(line, "\"origin\":\"words\"")) {
        fputs("{\"type\":\"failed\",\"reason\":\"", stdout);
        for (int i = 1; i < count; i++) printf("%s ", words[i]);
        say("\",\"hint\":\"\"}");
        return 1;
    }
    if (strstr(line, "\"origin\":\"write\"")) {
        FILE *out = fopen("/written", "w"); say(out ? DONE : FAILED); return 0;
    }
    if (strstr(line, "\"origin\":\"wait\""))
        while (fgets(line, sizeof line, stdin) && strcmp(line, "stop\n")) ;
    say(DONE);
    return 0;
}
"""


@functools.cache
def program() -> bytes:
    """Return the stand-in as an ELF."""
    failed = {"type": "failed", "reason": "cannot write", "hint": ""}
    texts = {"START": START, "DONE": DONE, "FAILED": failed}
    defined = [f"#define {name} {_quoted(value)}" for name, value in texts.items()]
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "stand_in.c", Path(folder) / "stand_in"
        source.write_text("\n".join(defined) + _SOURCE)
        subprocess.run(["cc", "-static", "-no-pie", "-O1", "-o", out, source], check=True)
        return out.read_bytes()


def _quoted(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def stored(folder: Path) -> Store:
    """Return a store that has the stand-in, as the image `stand-in`."""
    store = Store(folder / "images", Trust(folder / "keys"))
    build(store, program(), name="stand-in")
    return store


def lab() -> Lab:
    """Return a lab with a short path."""
    return load("plain")


def asked(origin: str = "", address: str = "5.2.0.1") -> bytes:
    """Return a job that pings once."""
    vantage = choose(lab())
    target = Target(address=address, source=vantage.source(address))
    return job(request(Kind.PING, {"count": 1, "origin": origin}), vantage, [target])


def done(event: object) -> bool:
    """Return whether an event is the last one of a good run."""
    return isinstance(event, Done)
