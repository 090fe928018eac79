"""Login, session cookies that age and are renewed, and the API key."""

from pathlib import Path

import pytest
import requests

from tests.contract.stash.support import data, post, scenes, write_plugin
from tests.doubles.stash import StashDouble

ASK = "{version{version}}"


def _login(stash: StashDouble) -> str:
    form = {"username": "me", "password": "secret"}
    answer = requests.post(f"{stash.url}/login", data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 302
    return str(answer.cookies["session"])


def _cookie(value: str) -> dict[str, str]:
    return {"Cookie": f"session={value}"}


def test_without_a_login_graphql_is_refused_and_images_lead_to_the_login_page() -> None:
    with StashDouble(scenes(1), password="me:secret") as stash:
        refused = post(stash, ASK)
        image = requests.get(f"{stash.url}/scene/1/screenshot?t=1", allow_redirects=False, timeout=10)
        followed = requests.get(f"{stash.url}/scene/1/screenshot", timeout=10)

        assert requests.get(f"{stash.url}/healthz", timeout=10).text == "."

    assert (refused.status_code, refused.content) == (401, b"")
    assert image.status_code == 302
    assert image.headers["Location"] == "/login?returnURL=%2Fscene%2F1%2Fscreenshot%3Ft%3D1"
    assert (followed.status_code, followed.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_the_wrong_password() -> None:
    with StashDouble({}, password="me:secret") as stash:
        form = {"username": "me", "password": "guess"}
        answer = requests.post(f"{stash.url}/login", data=form, timeout=10)

    assert answer.status_code == 401
    assert "session" not in answer.cookies


def test_every_answer_renews_the_cookie_and_age_ends_it() -> None:
    with StashDouble(scenes(1), password="me:secret", session_age=3600) as stash:
        first = _login(stash)
        stash.advance(3000)
        answer = post(stash, ASK, headers=_cookie(first))
        second = answer.cookies["session"]
        assert "Max-Age=3600" in answer.headers["Set-Cookie"]
        assert second != first
        stash.advance(3000)

        assert post(stash, ASK, headers=_cookie(first)).status_code == 401
        assert post(stash, ASK, headers=_cookie(second)).status_code == 200
        image = requests.get(f"{stash.url}/scene/1/screenshot", headers=_cookie(second), timeout=10)
        assert image.headers["Content-Type"] == "image/svg+xml"
        assert "session" in image.cookies


def test_the_first_of_two_cookies_counts() -> None:
    """What a client sends that keeps the first cookie and adds the renewed one."""
    with StashDouble({}, password="me:secret") as stash:
        good = _login(stash)

        assert post(stash, ASK, headers={"Cookie": f"session={good}; session=stale"}).status_code == 200
        assert post(stash, ASK, headers={"Cookie": f"session=stale; session={good}"}).status_code == 401


@pytest.mark.parametrize("broken", ["", "nonsense", "bm9uc2Vuc2U=", "x" * 500])
def test_a_forged_cookie_is_nobodys(broken: str) -> None:
    with StashDouble({}, password="me:secret") as stash:
        good = _login(stash)
        tampered = good[:20] + ("A" if good[20] != "A" else "B") + good[21:]

        for value in (broken, tampered):
            assert post(stash, ASK, headers=_cookie(value)).status_code == 401


def test_the_api_key_by_header_or_in_the_address() -> None:
    with StashDouble(scenes(1), password="me:secret", api_key="key") as stash:
        by_header = post(stash, ASK, headers={"ApiKey": "key"})
        in_address = requests.get(f"{stash.url}/scene/1/screenshot?apikey=key", timeout=10)
        wrong = post(stash, ASK, headers={"ApiKey": "wrong", **_cookie(_login(stash))})

    assert by_header.status_code == 200
    assert "Set-Cookie" not in by_header.headers
    assert in_address.headers["Content-Type"] == "image/svg+xml"
    assert (wrong.status_code, wrong.content) == (401, b"")


def test_a_wrong_api_key_is_refused_even_where_nothing_is_asked_for() -> None:
    with StashDouble({}) as stash:
        assert post(stash, ASK).status_code == 200
        assert post(stash, ASK, headers={"ApiKey": "any"}).status_code == 401


def test_sessions_can_be_forgotten() -> None:
    with StashDouble({}, password="me:secret") as stash:
        cookie = _login(stash)
        requests.post(f"{stash.url}/__double__/sessions/forget", timeout=10)

        assert post(stash, ASK, headers=_cookie(cookie)).status_code == 401


def test_a_plugins_cookie_opens_everything(tmp_path: Path) -> None:
    body = "answer([ask('{version{version}}')[0], ask('{configuration{general{apiKey parallelTasks}}}')[1]])"
    plugins = write_plugin(tmp_path, body)
    with StashDouble(scenes(1), plugins=plugins, password="me:secret", api_key="key") as stash:
        stash.save(1, title="x")
        stash.wait_for_job(stash.run_task("Probe", "Task"))

        general = {"configuration": {"general": {"apiKey": "key", "parallelTasks": 1}}}
        assert [run["output"] for run in stash.runs] == [[200, {"data": general}]] * 2


def test_the_password_may_stand_in_the_library() -> None:
    with StashDouble({"password": "me:secret"}) as stash:
        assert post(stash, ASK).status_code == 401
        assert stash.graphql(ASK)["data"] == {"version": {"version": "v0.30.1"}}


def test_addresses_follow_the_host_a_prefix_or_the_external_host() -> None:
    query = '{findScene(id:"1"){paths{screenshot}}}'
    with StashDouble(scenes(1), api_key="key") as stash:
        paths = data(stash, query)["findScene"]["paths"]
        behind = post(stash, query, headers={"Host": "home:1", "X-Forwarded-Prefix": "/stash"}).json()
    with StashDouble(scenes(1), external_host="https://home.example.org/stash") as stash:
        outside = data(stash, query)["findScene"]["paths"]["screenshot"]

    assert paths["screenshot"] == f"{stash.url[:16]}{paths['screenshot'][16:]}"
    assert behind["data"]["findScene"]["paths"]["screenshot"].startswith("http://home:1/stash/scene/1/screenshot?t=")
    assert outside.startswith("https://home.example.org/stash/scene/1/screenshot?t=")
