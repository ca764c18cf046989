"""Whether a page came from the host that it connects to."""

import pytest
from websockets.datastructures import Headers

from wsdemo.server.origins import Origin

SAME_PORT, ANY_PORT, NEITHER = "the same port", "any port", "neither"


@pytest.mark.parametrize(
    ("origin", "host", "counts"),
    [
        ("http://a.example", "a.example", SAME_PORT),
        ("http://a.example", "a.example:80", SAME_PORT),
        ("https://a.example", "a.example:443", SAME_PORT),
        ("http://a.example:8000", "a.example:8000", SAME_PORT),
        ("http://a.example:8000", "a.example:8001", ANY_PORT),
        ("http://a.example:8000", "a.example", ANY_PORT),
        ("http://a.example", "a.example:8000", ANY_PORT),
        ("https://a.example", "a.example:80", ANY_PORT),
        ("http://a.example", "b.example", NEITHER),
        ("http://a.example", "", NEITHER),
    ],
)
def test_a_page_is_of_the_host_and_port_that_it_connects_to(origin, host, counts):
    page, headers = Origin.parse(origin), Headers(Host=host)
    assert page.is_of(headers) is (counts == SAME_PORT)
    assert page.is_of(headers, any_port=True) is (counts != NEITHER)
