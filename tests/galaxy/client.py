"""What the tests do with a running Galaxy, through bioblend: upload, run a tool, look at what came out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from bioblend.galaxy import GalaxyInstance

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.galaxy.server import Galaxy

#: States in which a dataset stays.
FINAL = {"ok", "error", "empty", "paused", "discarded", "failed_metadata"}
#: How long a job may take on a busy machine (seconds).
JOB_S = 300
#: Time between two looks (seconds).
POLL_S = 0.5


class Output(NamedTuple):
    """A dataset that a tool made: its id, state and datatype, what the history panel says of it, and its content."""

    id: str
    state: str
    extension: str
    info: str
    content: bytes


class Job(NamedTuple):
    """A job that has ended: by name, its outputs."""

    state: str
    stderr: str
    command: str
    outputs: Mapping[str, Output]


class History:
    """One history of a running Galaxy."""

    def __init__(self, galaxy: Galaxy, name: str) -> None:
        self.api = GalaxyInstance(galaxy.url, key=galaxy.key)
        self.id: str = self.api.histories.create_history(name)["id"]

    def upload(self, path: Path, datatype: str = "auto", name: str = "") -> str:
        """Upload a file and return the id of its dataset."""
        made = self.api.tools.upload_file(str(path), self.id, file_type=datatype, file_name=name or path.name)
        dataset: str = made["outputs"][0]["id"]
        self._wait(dataset)
        return dataset

    def datatype(self, dataset: str) -> str:
        """Return the datatype of a dataset."""
        return str(self.api.datasets.show_dataset(dataset)["extension"])

    def collection(self, elements: Mapping[str, str]) -> str:
        """Make a list of datasets and return its id: element → dataset."""
        description = {
            "collection_type": "list",
            "element_identifiers": [{"name": name, "src": "hda", "id": id_} for name, id_ in elements.items()],
            "name": "profiles",
        }
        made = self.api.histories.create_dataset_collection(self.id, description)
        return str(made["id"])

    def run(self, tool: str, inputs: Mapping[str, Any]) -> Job:
        """Run a tool and wait until it has ended."""
        started = self.api.tools.run_tool(self.id, tool, dict(inputs))
        outputs = {output["output_name"]: self._output(output["id"]) for output in started["outputs"]}
        job = self.api.jobs.show_job(started["jobs"][0]["id"], full_details=True)
        return Job(job["state"], job["stderr"], job["command_line"], outputs)

    def _output(self, dataset: str) -> Output:
        shown = self._wait(dataset)
        content = self.api.make_get_request(f"{self.api.base_url}/api/datasets/{dataset}/display").content
        if shown["state"] == "error":
            content = self.api.make_get_request(
                f"{self.api.base_url}/api/datasets/{dataset}/display", params={"raw": True}
            ).content
        return Output(dataset, shown["state"], shown["extension"], shown["misc_info"] or "", content)

    def _wait(self, dataset: str) -> dict[str, Any]:
        until = time.monotonic() + JOB_S
        while time.monotonic() < until:
            shown: dict[str, Any] = self.api.datasets.show_dataset(dataset)
            if shown["state"] in FINAL:
                return shown
            time.sleep(POLL_S)
        raise TimeoutError(f"dataset {shown['name']} is {shown['state']} after {JOB_S} s")
