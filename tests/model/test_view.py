"""Plain text and HTML."""

from netsonde.model import Label, _view

TABLE = _view.Table(
    title="a <b>", columns=("hop", "address"), rows=(("1", "5.1.0.2"), ("10", "*")), footer="end"
)


def test_text_is_aligned_without_trailing_spaces() -> None:
    assert _view.text(TABLE) == "a <b>\nhop  address\n1    5.1.0.2\n10   *\nend"


def test_html_escapes_what_the_network_wrote() -> None:
    html = _view.html(TABLE._replace(rows=(("1", "<script>"),)))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<caption>a &lt;b&gt;</caption>" in html


def test_words() -> None:
    assert (_view.count(1, "hop"), _view.count(2, "hop")) == ("1 hop", "2 hops")
    assert (_view.ms(None), _view.ms(1.234)) == ("", "1.23")
    stack = (Label(label=16, tc=0, bottom=False, ttl=1), Label(label=17, tc=0, bottom=True, ttl=2))
    assert _view.stack(stack) == "L=16 TTL=1 | L=17 TTL=2"
