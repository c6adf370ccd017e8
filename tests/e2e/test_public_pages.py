"""The pages that anybody may see, in a real browser."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import NARROW, WIDE, Open, contrast
from tests.live import LiveServer

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_front_page_is_whole(visit: Open, width: int, scheme: str) -> None:
    seen = visit("/", width=width, scheme=scheme)
    seen.shoot(f"front-{width}-{scheme}")
    expect(seen.page.get_by_role("heading", level=1)).to_be_visible()
    expect(seen.page.get_by_text("curl http://localhost")).to_be_visible()
    assert seen.is_clean()
    assert seen.fits()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_front_page_can_be_read(visit: Open, scheme: str) -> None:
    page = visit("/", scheme=scheme).page
    for selector in ("h1", ".lead", ".button", ".fine", "pre code", ".eyebrow", "footer p", "nav a"):
        assert contrast(page, selector) >= 4.5, selector


def test_front_page_follows_the_colour_scheme(visit: Open) -> None:
    colours = {
        visit("/", scheme=scheme).page.evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert len(colours) == 2


def test_links_of_the_front_page_lead_somewhere(visit: Open, live: LiveServer) -> None:
    page = visit("/").page
    links = {link.get_attribute("href") or "" for link in page.get_by_role("link").all()}
    assert {"/docs", "/redoc", "/openapi.json", "/changelog"} <= links
    for link in links:
        path, fragment = urlsplit(link).path, urlsplit(link).fragment
        if fragment:
            assert page.locator(f"[id={fragment}]").count() == 1, link
        if path:
            assert httpx.get(live.url + path, timeout=20).status_code == 200, link


def test_keyboard_reaches_the_content_first(visit: Open) -> None:
    page = visit("/").page
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_docs_show_every_operation(visit: Open, live: LiveServer, width: int) -> None:
    seen = visit("/docs", width=width)
    operations = sum(
        len(methods) for methods in httpx.get(f"{live.url}/openapi.json", timeout=20).json()["paths"].values()
    )
    expect(seen.page.locator(".opblock")).to_have_count(operations)
    seen.shoot(f"docs-{width}")
    assert operations > 30
    assert seen.is_clean()
    assert seen.fits()


def test_docs_can_be_tried(visit: Open, live: LiveServer) -> None:
    seen = visit("/docs")
    block = seen.page.locator(".opblock", has_text="/v1/me").first
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    with seen.page.expect_response(f"{live.url}/v1/me") as reply:
        block.get_by_role("button", name="Execute").click()
    # Without a key; the browser notes every such status in its console.
    assert reply.value.status == 401
    assert seen.foreign == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_redoc_shows_the_operations(visit: Open, width: int) -> None:
    seen = visit("/redoc", width=width)
    expect(seen.page.get_by_role("heading", name="Nessy API").first).to_be_visible()
    expect(seen.page.get_by_text("/v1/sessions/{session_id}/answer").first).to_be_attached()
    seen.shoot(f"redoc-{width}")
    assert seen.is_clean()
    assert seen.fits()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_unknown_page_leads_back(visit: Open, width: int, scheme: str) -> None:
    seen = visit("/no/such/page", width=width, scheme=scheme)
    seen.shoot(f"missing-{width}-{scheme}")
    expect(seen.page.get_by_role("heading", name="Page not found")).to_be_visible()
    # The status itself is noted by the browser.
    assert [text for text in seen.complaints if "404" not in text] == []
    assert seen.fits()
    seen.page.get_by_role("link", name="Go to the front page").click()
    expect(seen.page).to_have_title("Nessy – clinical triage in your own network")
