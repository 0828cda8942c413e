"""A form of the running Galaxy filled in and run in headless Chromium, as a user does it, with screenshots.

``python -m tests.galaxy.server -- python -m tests.galaxy.browser FOLDER`` writes them to a folder.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.galaxy.client import FINAL, History
from tests.galaxy.make_test_data import simulate, text_tables
from tests.galaxy.server import SUITE, Galaxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver.remote.webdriver import WebDriver

T = TypeVar("T")

#: What Debian's packages chromium and chromium-driver install, or Google's own.
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
#: Size of the window (pixels): a laptop's.
WIDTH, HEIGHT = 1400, 1000
#: How long a page or a job may take on a busy machine (seconds).
WAIT_S = 120
#: Samples of the cohort that is explained: of so many some taxa are stable.
EXPLAINED = 120
#: Time for the last animation to end before a screenshot (seconds).
SETTLE_S = 2
#: Severe messages of the console that Galaxy itself causes, without network and on any tool: part → why.
HARMLESS = {
    "training.galaxyproject.org": "the client asks the training network for tutorials of a tool",
    "/api/": "Galaxy's client asks for what a single-user server does not offer (403, 404)",
    "ERR_NAME_NOT_RESOLVED": "everything outside 127.0.0.1 is cut off",
    "ERR_INTERNET_DISCONNECTED": "everything outside 127.0.0.1 is cut off",
}


class Visit(NamedTuple):
    """What came of filling in the form: its text, the outputs, the report's text, images (drawn, and all), scripts, severe messages."""

    form: str
    outputs: list[str]
    report: str
    images: tuple[int, int]
    scripts: int
    severe: list[str]


@contextmanager
def chromium() -> Iterator[WebDriver]:
    """Start a headless Chromium that reaches nothing but 127.0.0.1."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER or ""
    profile = tempfile.mkdtemp(prefix="chromium-")
    flags = ["headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-first-run", "disable-sync"]
    flags += ["disable-background-networking", "disable-component-update", f"user-data-dir={profile}"]
    flags += [f"window-size={WIDTH},{HEIGHT}", "host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    for flag in flags:
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)


def embed_in_browser(galaxy: Galaxy, table: str, datatype: str, folder: Path) -> Visit:
    """Upload a table and metadata, open the form, choose, click on Run, and read the report.

    Parameters
    ----------
    galaxy : Galaxy
    table : str
        File of the test data.
    datatype : str
        Its datatype.
    folder : Path
        Where the screenshots go: ``form.png``, ``form-open.png``, ``history.png``, ``report.png``.

    Returns
    -------
    Visit
    """
    folder.mkdir(parents=True, exist_ok=True)
    history = History(galaxy, "Gut embeddings")
    history.upload(SUITE / "test-data" / "metadata.tabular", "tabular")
    history.upload(SUITE / "test-data" / table, datatype)
    with chromium() as driver:
        driver.get(f"{galaxy.url}/history/set_as_current?id={history.id}")
        driver.get(f"{galaxy.url}/?tool_id=mbembed_embed&version=latest")
        _until(driver, lambda: driver.find_element(By.CSS_SELECTOR, "#execute").is_displayed())
        _until(driver, lambda: table in _text(driver, "body"))
        _check_offered(driver, table)
        _picture(driver, folder / "form.png")
        for header in driver.find_elements(By.CSS_SELECTOR, ".portlet-header.cursor-pointer"):
            driver.execute_script("arguments[0].click()", header)
        time.sleep(SETTLE_S)
        form = _text(driver, "body")
        _click(driver, "input[type=checkbox][value=match]")
        _picture(driver, folder / "form-open.png", full=".overflow-auto")
        _click(driver, "#execute")
        _until(driver, lambda: "Started tool" in _text(driver, "body"))
        outputs = _wait_for_outputs(history)
        report = outputs["html"][0]
        time.sleep(SETTLE_S)
        _picture(driver, folder / "history.png")
        driver.get(f"{galaxy.url}/datasets/{report}/preview")
        frame = _until(driver, lambda: driver.find_element(By.CSS_SELECTOR, "iframe[src*='/display/']"))
        driver.switch_to.frame(frame)
        _until(driver, lambda: "Verdict" in _text(driver, "body"))
        text = _text(driver, "body")
        drawn = driver.execute_script("return [...document.images].filter(image => image.naturalWidth > 0).length")
        images = (int(drawn), int(driver.execute_script("return document.images.length")))
        scripts = driver.execute_script("return document.scripts.length")
        driver.switch_to.default_content()
        _picture(driver, folder / "report.png")
        severe = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    made = sorted(
        item["name"].rsplit(": ")[-1] for item in history.api.histories.show_history(history.id, contents=True)[2:]
    )
    return Visit(
        form,
        made,
        text,
        images,
        int(scripts),
        [line for line in severe if not any(part in line for part in HARMLESS)],
    )


def explain_in_browser(galaxy: Galaxy, folder: Path) -> int:
    """Explain the groups of a simulated cohort, and look at the form and the figure.

    Parameters
    ----------
    galaxy : Galaxy
    folder : Path
        Where the screenshots go: ``explain-form.png``, ``explain.png``.

    Returns
    -------
    int
        Width of the figure as shown (pixels); 0 if it is not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    history = History(galaxy, "Which taxa speak")
    with tempfile.TemporaryDirectory() as place:
        text_tables(*simulate(EXPLAINED, absent=0), Path(place))
        metadata, table = (
            {"src": "hda", "id": history.upload(Path(place, name), "tabular")}
            for name in ("metadata.tabular", "merged_metaphlan.tabular")
        )
    with chromium() as driver:
        driver.get(f"{galaxy.url}/history/set_as_current?id={history.id}")
        driver.get(f"{galaxy.url}/?tool_id=mbembed_explain&version=latest")
        _until(driver, lambda: driver.find_element(By.CSS_SELECTOR, "#execute").is_displayed())
        _until(driver, lambda: "merged_metaphlan.tabular" in _text(driver, "body"))
        _picture(driver, folder / "explain-form.png", full=".overflow-auto")
        asked = {"question|what": "contrast", "question|metadata": metadata, "question|contrast": "2"}
        job = history.run("mbembed_explain", {"tables|kind": "one", "tables|table": table, **asked})
        driver.get(f"{galaxy.url}/datasets/{job.outputs['figure'].id}/preview")
        image = _until(driver, lambda: driver.find_element(By.CSS_SELECTOR, "img[src*='/display']"))
        _until(driver, lambda: image.get_property("naturalWidth"))
        _picture(driver, folder / "explain.png")
        return int(image.rect["width"])


def _check_offered(driver: WebDriver, table: str) -> None:
    """Check that the form's first field shows the table: Galaxy offers the newest dataset that fits."""
    chosen = driver.find_element(By.CSS_SELECTOR, "[id='form-element-tables|table']").text
    if table not in chosen:
        raise AssertionError(f"the form offers {chosen!r} as the table, not {table}")


def _wait_for_outputs(history: History) -> dict[str, list[str]]:
    """Wait until all datasets are ready; return their ids by datatype."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        items = history.api.histories.show_history(history.id, contents=True)
        found: dict[str, list[str]] = {}
        for item in items:
            found.setdefault(item["extension"], []).append(str(item["id"]))
        if "html" in found and all(item["state"] in FINAL for item in items):
            return found
        time.sleep(1)
    raise TimeoutError(f"no report after {WAIT_S} s")


def _until(driver: WebDriver, condition: Callable[[], T]) -> T:
    def met(_: WebDriver) -> T | None:
        with suppress(Exception):  # not there yet, or redrawn at this moment
            return condition()
        return None

    return WebDriverWait(driver, WAIT_S).until(met)  # type: ignore[return-value]


def _text(driver: WebDriver, selector: str) -> str:
    try:
        return str(driver.find_element(By.CSS_SELECTOR, selector).text)
    except StaleElementReferenceException:
        return ""


def _click(driver: WebDriver, selector: str) -> None:
    driver.execute_script("arguments[0].click()", driver.find_element(By.CSS_SELECTOR, selector))


def _picture(driver: WebDriver, path: Path, full: str = "") -> None:
    """Take a screenshot; of a window so tall that the whole of an element is in it."""
    if full:
        heights = (
            driver.execute_script("return arguments[0].scrollHeight", e)
            for e in driver.find_elements(By.CSS_SELECTOR, full)
        )
        driver.set_window_size(WIDTH, max([HEIGHT, *(int(height) + 150 for height in heights)]))
    time.sleep(SETTLE_S)
    driver.save_screenshot(str(path))
    driver.set_window_size(WIDTH, HEIGHT)


def main() -> int:
    """Write the screenshots to a folder."""
    folder = Path(sys.argv[1])
    galaxy = Galaxy.from_environment()
    visit = embed_in_browser(galaxy, "merged_metaphlan.tabular", "tabular", folder)
    explain_in_browser(galaxy, folder)
    print("\n".join([f"images: {visit.images}", *visit.severe]), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
