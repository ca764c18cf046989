import pytest

from wsdemo.tab.jar import Jar

OTHERS = "; SameSite=None; Secure"


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        (f"a=1{OTHERS}; HttpOnly; Partitioned", "a=1"),
        ("a=1; samesite=NONE; SECURE", "a=1"),
        ("a=1", ""),  # counts as Lax, and the notebook is another site
        ("a=1; SameSite=Lax; Secure", ""),
        ("a=1; SameSite=None", ""),  # without Secure
        (f"a=b=c{OTHERS}", "a=b=c"),
        (f"a={OTHERS}", "a="),
        (f"no pair{OTHERS}", ""),
        (f"a=1{OTHERS}; Max-Age=0", ""),
        (f"a=1{OTHERS}; Max-Age=60", "a=1"),
        (f"a=1{OTHERS}; Expires=Thu, 01 Jan 1970 00:00:00 GMT", ""),
        (f"a=1{OTHERS}; Expires=soon", "a=1"),
        (f"a=1{OTHERS}; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "a=1"),
    ],
)
def test_a_cookie_is_kept_as_a_third_partys(header, kept):
    jar = Jar()
    jar.store("127.0.0.1", header)
    assert jar.header("127.0.0.1", "/") == kept


def test_cookies_are_of_a_host_and_not_of_a_port():
    jar = Jar()
    jar.store("127.0.0.1", f"a=1{OTHERS}")
    jar.store("127.0.0.1", f"b=2{OTHERS}")
    jar.store("127.0.0.1", f"a=3{OTHERS}")
    assert jar.header("127.0.0.1", "/any") == "a=3; b=2"
    assert jar.header("localhost", "/any") == ""


def test_a_path_bounds_a_cookie():
    jar = Jar()
    jar.store("h", f"a=1{OTHERS}; Path=/chat")
    assert [jar.header("h", path) for path in ("/chat", "/chat/x", "/chatter", "/")] == [
        "a=1",
        "a=1",
        "",
        "",
    ]
