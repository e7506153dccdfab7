"""The tests here must be able to fail: each thing that they listen for is heard."""

import pytest


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
