"""The tests here must be able to fail: each thing that they listen for is heard."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

LATE = b"<!doctype html><html lang=en><title>Late</title><main><h1>Late</h1><button></button><img id=wide width=3000></main></html>"


class Slow(BaseHTTPRequestHandler):
    """Half a second between the first line of an answer and the page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.flush()
        time.sleep(0.5)
        self.wfile.write(LATE)

    def log_message(self, *_: object) -> None:
        pass


def test_what_the_policy_blocks_is_heard(desk, clinic, troubles):
    page = desk()
    page.goto("/admin/")

    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">red</p>')")

    assert "Content Security Policy" in "".join(troubles)
    troubles.clear()


def test_a_scripts_error_is_heard(desk, clinic, troubles):
    page = desk()
    page.goto("/admin/")

    with page.expect_event("pageerror"):
        page.evaluate("setTimeout(() => nowhere.to.be.found)")

    assert "nowhere is not defined" in "".join(troubles)
    troubles.clear()


def test_an_answer_of_404_is_heard(desk, clinic, troubles):
    page = desk()
    page.goto("/admin/nowhere/")

    assert "404" in "".join(troubles)
    troubles.clear()


def test_what_axe_finds_fails_the_test_in_words(desk, clinic, axe):
    page = desk()
    page.goto("/admin/")
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")

    with pytest.raises(pytest.fail.Exception, match=r"critical: Buttons must have discernible text \(button-name\)"):
        axe(page)


def test_what_is_too_faint_by_night_alone_fails_the_test_too(desk, clinic, axe):
    page = desk()
    page.goto("/admin/")
    page.evaluate(
        """() => {
            document.querySelector("main").append(Object.assign(document.createElement("p"), {id: "faint", textContent: "Who reads?"}));
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("@media (prefers-color-scheme: dark) { #faint { color: #333; background: #222 } }");
            document.adoptedStyleSheets = [sheet];
        }"""
    )

    with pytest.raises(pytest.fail.Exception, match=r"in dark colors:\n.*color-contrast"):
        axe(page)


def test_a_page_that_is_too_wide_fails_the_test(desk, clinic, fits):
    page = desk()
    page.goto("/admin/")
    page.evaluate("document.querySelector('main').append(Object.assign(document.createElement('img'), {width: 3000, id: 'wide'}))")

    with pytest.raises(pytest.fail.Exception, match="img#wide"):
        fits(page)


@pytest.fixture
def hardly_there(desk):
    """A page of which the first line has come, and nothing else: as soon as that is a click is over."""
    page = desk(None)
    with HTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        page.set_content(f"<a href='http://127.0.0.1:{server.server_port}/'>Next</a>")
        page.get_by_role("link").click()
        yield page


def test_axe_waits_for_the_page(hardly_there, axe):
    with pytest.raises(pytest.fail.Exception, match="button-name"):
        axe(hardly_there)


def test_how_wide_a_page_is_waits_for_the_page(hardly_there, fits):
    with pytest.raises(pytest.fail.Exception, match="img#wide"):
        fits(hardly_there)
