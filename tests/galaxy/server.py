"""A throw-away Galaxy on 127.0.0.1 from PyPI packages: SQLite, one Celery worker, no conda, no network.

``python -m tests.galaxy.server`` starts one with the tools of ``galaxy/`` and waits for Ctrl-C;
with ``-- COMMAND …`` it runs a command with ``GALAXY_URL``, ``GALAXY_KEY`` and ``GALAXY_STATE`` set, and stops.
The tools run what stands first in PATH: the mbembed of the Python that runs this file.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "galaxy"
#: Where tools/install-galaxy.sh puts the server and planemo; ignored by git.
ENVIRONMENTS = Path(os.environ.get("MBEMBED_GALAXY_ENV", ROOT / ".env-galaxy"))
SERVER, PLANEMO = ENVIRONMENTS / "server", ENVIRONMENTS / "planemo"

#: The one user, who is the administrator too.
EMAIL = "admin@example.org"
#: How long a start may take (seconds): some 40 s of CPU time for imports, on a busy machine.
START_S = 300
#: Time between two questions whether the server answers (seconds).
POLL_S = 0.5
#: Time to end by itself after SIGTERM (seconds).
STOP_S = 20
#: Time for one answer of the API (seconds).
ANSWER_S = 60


class Galaxy(NamedTuple):
    """A running server.

    Attributes
    ----------
    url : str
        Where it answers.
    key : str
        API key of the user, an administrator.
    state : Path
        Folder with its database, files, jobs and logs.
    """

    url: str
    key: str
    state: Path

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables for programs that talk to it."""
        return {"GALAXY_URL": self.url, "GALAXY_KEY": self.key, "GALAXY_STATE": str(self.state)}

    @classmethod
    def from_environment(cls) -> Galaxy:
        """Return the server that the environment variables name."""
        return cls(os.environ["GALAXY_URL"], os.environ["GALAXY_KEY"], Path(os.environ["GALAXY_STATE"]))


@contextmanager
def running_galaxy(tools: list[Path], tables: list[Path]) -> Iterator[Galaxy]:
    """Start a Galaxy with some tools, and stop it at the end whatever happens.

    Parameters
    ----------
    tools : list of Path
        Tool XML files.
    tables : list of Path
        Configurations of data tables (``tool_data_table_conf.xml.test``).

    Yields
    ------
    Galaxy

    Raises
    ------
    RuntimeError
        If the server ends or does not answer; with the end of its log.
    """
    state = Path(tempfile.mkdtemp(prefix="galaxy-"))
    url = f"http://127.0.0.1:{_free_port()}"
    bootstrap = secrets.token_hex(16)
    _configure(state, tools, tables, bootstrap)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes += _start(state, url)
        yield Galaxy(url, _wait_for_key(url, bootstrap, processes, state), state)
    finally:
        for process in processes:
            _stop(process)
        shutil.rmtree(state, ignore_errors=True)


def _configure(state: Path, tools: list[Path], tables: list[Path], bootstrap: str) -> None:
    sections = "".join(f'<tool file="{tool}"/>' for tool in tools)
    (state / "tool_conf.xml").write_text(
        '<toolbox><section id="getext" name="Get Data"><tool file="data_source/upload.xml"/></section>'
        f'<section id="mbembed" name="Microbiome embeddings">{sections}</section></toolbox>'
    )
    (state / "allowlist.txt").write_text("".join(f"{tool.stem}\n" for tool in tools))
    (state / "no_tables.xml").write_text("<tables></tables>")
    for name in ("builds.txt", "ucsc_build_sites.txt", "gbrowse_build_sites.txt"):
        (state / name).write_text("")
    broker = f"sqla+sqlite:///{state}/broker.sqlite"
    settings = {
        "data_dir": f"{state}/data",
        "database_connection": f"sqlite:///{state}/universe.sqlite?isolation_level=IMMEDIATE",
        "tool_config_file": f"{state}/tool_conf.xml",
        "tool_data_table_config_path": ",".join(map(str, [state / "no_tables.xml", *tables])),
        "builds_file_path": f"{state}/builds.txt",
        "single_user": EMAIL,
        "admin_users": EMAIL,
        "bootstrap_admin_api_key": bootstrap,
        "id_secret": secrets.token_hex(16),
        # Tools run from PATH: no conda, no containers, no downloads.
        "conda_auto_init": False,
        "conda_auto_install": False,
        "dependency_resolvers": [],
        "container_resolvers": [],
        "enable_mulled_containers": False,
        "involucro_auto_init": False,
        # As on public servers: only the HTML of tools that are known to be safe is shown as such.
        "sanitize_all_html": True,
        "sanitize_allowlist_file": f"{state}/allowlist.txt",
        # Job folders stay after failures, so that a look into them is possible; the state folder goes at the end.
        "cleanup_job": "onsuccess",
        # A worker does uploads and metadata: 1 s each, not the 10 to 20 s of a new process.
        "enable_celery_tasks": True,
        "metadata_strategy": "directory_celery",
        "amqp_internal_connection": broker,
        "celery_conf": {"broker_url": broker, "result_backend": f"db+sqlite:///{state}/results.sqlite"},
    }
    (state / "galaxy.yml").write_text(json.dumps({"galaxy": settings}, indent=2))  # JSON is YAML


def _start(state: Path, url: str) -> list[subprocess.Popen[bytes]]:
    own = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(own), str(SERVER / "bin"), os.environ["PATH"]]),
        "VIRTUAL_ENV": str(SERVER),
        "GALAXY_VIRTUAL_ENV": str(SERVER),
        "GALAXY_CONFIG_FILE": str(state / "galaxy.yml"),
        # Only what travels with mbembed and what data tables name, not the models of whoever runs the tests.
        "MBEMBED_MODELS": str(state / "models"),
    }
    # A server outlives nobody: should this process be killed outright, the kernel ends its children.
    with_parent = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    web = [SERVER / "bin" / "galaxy-web", "-c", state / "galaxy.yml", "-b", url.removeprefix("http://")]
    worker = [SERVER / "bin" / "celery", "--app", "galaxy.celery", "worker", "--concurrency", "2", "--pool", "threads"]
    worker += ["--queues", "celery,galaxy.internal,galaxy.external", "--loglevel", "INFO"]
    started = []
    for name, command in (("galaxy", web), ("celery", worker)):
        with (state / f"{name}.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    [*with_parent, *map(str, command)],
                    cwd=state, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            )  # fmt: skip
    return started


def _wait_for_key(url: str, bootstrap: str, processes: list[subprocess.Popen[bytes]], state: Path) -> str:
    """Wait until the server answers, and make an API key of its one user."""
    until = time.monotonic() + START_S
    while True:
        with suppress(OSError):
            _ask(f"{url}/api/version")
            break
        ended = [process for process in processes if process.poll() is not None]
        if ended or time.monotonic() > until:
            said = (state / "galaxy.log").read_text(errors="replace")[-4000:]
            raise RuntimeError(f"Galaxy {'ended' if ended else f'did not answer in {START_S} s'}:\n{said}")
        time.sleep(POLL_S)
    _ask(f"{url}/")  # the first visit makes the single user
    users = json.loads(_ask(f"{url}/api/users", key=bootstrap))
    user = next(user["id"] for user in users if user["email"] == EMAIL)
    return str(json.loads(_ask(f"{url}/api/users/{user}/api_key", key=bootstrap, method="POST")))


def _ask(url: str, *, key: str = "", method: str = "GET") -> Any:
    request = urllib.request.Request(url, method=method, headers={"x-api-key": key} if key else {})
    with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:
        return answer.read()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything that it started."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, ending)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def suite_tools() -> list[Path]:
    """Return the tool XML files of the suite."""
    return sorted(SUITE.glob("mbembed_*.xml"))


def suite_tables() -> list[Path]:
    """Return the configuration of the data table, as the tests have it."""
    return [SUITE / "tool_data_table_conf.xml.test"]


def main() -> int:
    """Run a server until it is interrupted, or as long as a command takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="*", metavar="COMMAND", help="after --: what to run beside the server")
    args = parser.parse_args()
    # Also where a shell started it in the background (SIGINT ignored), and when CI ends it (SIGTERM).
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _exit)
    with running_galaxy(suite_tools(), suite_tables()) as galaxy:
        print(*(f"export {name}={value}" for name, value in galaxy.environment.items()), sep="\n", flush=True)
        if args.command:
            return subprocess.run(args.command, env={**os.environ, **galaxy.environment}, check=False).returncode
        signal.pause()
    return 0


def _exit(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)  # by the convention of shells


if __name__ == "__main__":
    sys.exit(main())
